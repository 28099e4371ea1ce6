import type { z } from 'zod'

/** How the types of JSON are called in an answer. Others don't come from JSON or from the text of a parameter. */
const typeNames: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'an integer',
  bigint: 'an integer',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'an array',
  null: 'null',
}

/** A longer text would hide what the message says. */
const SHOWN_CHARACTERS_MAX = 20

/** The words with which zod begins a message of its own. A schema's own message is passed on as it is. */
const BY_ZOD = /^(Invalid |Too small|Too big|Unrecognized)/

/**
 * What is wrong with a value, in words that need no knowledge of zod: "is required", "must be a text, not a number".
 * @param value the one that was refused; undefined where it is absent
 */
export function plainText(issue: z.core.$ZodIssue, value: unknown): string {
  if (!BY_ZOD.test(issue.message)) return issue.message
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(issue.expected, value)
    case 'invalid_value':
      return value === undefined ? 'is required' : `must be ${choice(issue.values)}`
    case 'too_small':
      return `must ${amountOf(issue.origin, 'at least', issue.minimum, issue.exact)}`
    case 'too_big':
      return `must ${amountOf(issue.origin, 'at most', issue.maximum, issue.exact)}`
    case 'invalid_format':
      return issue.format === 'uuid' ? 'must be a UUID' : 'does not have the form that it must have'
    default:
      return issue.message
  }
}

function wrongType(expected: string, value: unknown): string {
  if (value === undefined) return 'is required'
  const wanted = typeNames[expected] ?? expected
  const given = givenText(wanted, value)
  return given === undefined || given === wanted ? `must be ${wanted}` : `must be ${wanted}, not ${given}`
}

/** Where a number is wanted, the value itself says more than its type: 1.5, or the "ten" of a parameter. */
function givenText(wanted: string, value: unknown): string | undefined {
  const isNumber = wanted === typeNames['int'] || wanted === typeNames['number']
  if (isNumber && typeof value === 'number') return String(value)
  if (isNumber && typeof value === 'string' && value.length <= SHOWN_CHARACTERS_MAX)
    return JSON.stringify(value)
  return typeNames[typeOf(value)]
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

const choice = (values: readonly unknown[]): string =>
  values.length === 1
    ? JSON.stringify(values[0])
    : `one of ${values.map((value) => JSON.stringify(value)).join(', ')}`

function amountOf(
  origin: string,
  bound: string,
  limit: number | bigint,
  isExact: boolean | undefined,
): string {
  const howMany = `${isExact === true ? 'exactly' : bound} ${limit}`
  if (origin === 'string') return `have ${howMany} ${Number(limit) === 1 ? 'character' : 'characters'}`
  if (origin === 'array' || origin === 'set')
    return `have ${howMany} ${Number(limit) === 1 ? 'item' : 'items'}`
  if (origin === 'object' || origin === 'map')
    return `have ${howMany} ${Number(limit) === 1 ? 'member' : 'members'}`
  return `be ${howMany}`
}
