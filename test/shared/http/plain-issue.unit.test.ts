import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { plainText } from '../../../shared/http/plain-issue.ts'

const saidOf = (schema: z.ZodType, value: unknown): string | undefined => {
  const issue = schema.safeParse(value).error?.issues[0]
  return issue && plainText(issue, value)
}

describe('what is said of a value that is refused', () => {
  it.each<[string, z.ZodType, unknown]>([
    ['is required', z.string(), undefined],
    ['is required', z.enum(['a', 'b']), undefined],
    ['must be a text, not a number', z.string(), 7],
    ['must be a text, not null', z.string(), null],
    ['must be a number, not "7"', z.number(), '7'],
    ['must be a number, not "ten"', z.coerce.number(), 'ten'],
    ['must be a number, not a text', z.number(), 'x'.repeat(21)],
    ['must be an integer, not 1.5', z.int(), 1.5],
    ['must be true or false, not a text', z.boolean(), 'yes'],
    ['must be an object, not an array', z.strictObject({}), []],
    ['must be an object, not a text', z.record(z.string(), z.string()), 'x'],
    ['must be an array, not an object', z.array(z.string()), {}],
    ['must be one of "a", "b"', z.enum(['a', 'b']), 'c'],
    ['must be "a"', z.literal('a'), 'c'],
    ['must have at least 1 character', z.string().min(1), ''],
    ['must have at most 2 characters', z.string().max(2), 'abc'],
    ['must have exactly 3 characters', z.string().length(3), 'ab'],
    ['must have at least 1 item', z.array(z.string()).min(1), []],
    ['must have at most 1 item', z.array(z.string()).max(1), ['a', 'b']],
    ['must be at least 1', z.number().min(1), 0],
    ['must be at most 5', z.number().max(5), 9],
    ['must be a UUID', z.uuid(), 'x'],
    ['does not have the form that it must have', z.string().regex(/^a$/), 'b'],
  ])('%s', (words, schema, value) => {
    expect(saidOf(schema, value)).toBe(words)
  })

  it('is what the schema itself says, where it says something', () => {
    expect(saidOf(z.string('a name, please'), 7)).toBe('a name, please')
    expect(saidOf(z.string().max(2, 'two letters'), 'abc')).toBe('two letters')
  })
})
