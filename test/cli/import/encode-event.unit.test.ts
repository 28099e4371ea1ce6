import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EntryRefusal, encodeLine, encodeMapped } from '../../../cli/import/prepare.ts'
import { parseExactJson } from '../../../shared/json/index.ts'

const encoded = (text: string, tenant: string | null = null): string =>
  encodeLine(Buffer.from(text), tenant).toString()

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

describe('a line that is an event already', () => {
  test('goes as it is, but for white space at its end', () => {
    const text = '{"id":"1","data":{"big":12345678901234567890,"same":1.10,"e":"\\u00e9"}}'
    expect(encoded(`${text} \r`)).toBe(text)
  })

  test.each(['\0', '\0\0', '{"id":"1"}\0\0\0', '\v', '{"id":"1"}\f', '\x01 '])(
    'a line that holds %j goes as a line with that content, with a tenant too: the server has an outcome for it',
    (text) => {
      for (const tenant of [null, 'acme'])
        expect(encoded(`${text} \t\r`, tenant)).toBe(text.replace(/ $/u, ''))
    },
  )

  test('the tenant of the command stands above the one of the line', () => {
    expect(valueOf(encoded('{"tenant":"other","id":"1"} ', 'acme'))).toEqual({ tenant: 'acme', id: '1' })
    expect(encoded('{ }', 'acme')).toBe('{ "tenant":"acme"}')
  })

  test('a tenant is put into every JSON object, and makes good JSON of nothing that was bad', () => {
    const cutAnywhere = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom('', '}', '"}', ',}', '\\"}', ']}'))
      .map(([text, cut, tail]) => text.slice(0, cut % (text.length + 1)) + tail)
    fc.assert(
      fc.property(fc.oneof(fc.json(), cutAnywhere), (text) => {
        const before = valueOf(text)
        const after = valueOf(encoded(text, 'acme'))
        const isObject = typeof before === 'object' && before !== null && !Array.isArray(before)
        expect(after).toEqual(isObject ? { ...before, tenant: 'acme' } : before)
      }),
      { numRuns: 2_000 },
    )
  })

  test('one that is too long is refused before it is sent', () => {
    expect(() => encoded(`{"data":"${'x'.repeat(1_100_000)}"}`)).toThrow(
      expect.objectContaining({ code: 'EVENT_TOO_LARGE' }) as Error,
    )
  })
})

describe('an event that a mapping made', () => {
  test('numbers keep their value: raw JSON of the row, and bigints', () => {
    const row = parseExactJson('{"big":9007199254740993,"small":1.10}') as Record<string, unknown>
    const { line } = encodeMapped({ data: { ...row, more: 12345678901234567890n } }, null)
    expect(line.toString()).toBe('{"data":{"big":9007199254740993,"small":1.1,"more":12345678901234567890}}')
  })

  test('the tenant is its own, or that of the command', () => {
    expect(encodeMapped({ tenant: 'a' }, null)).toEqual({ line: Buffer.from('{"tenant":"a"}'), tenant: 'a' })
    expect(encodeMapped({ tenant: 'a' }, 'b')).toEqual({ line: Buffer.from('{"tenant":"b"}'), tenant: 'b' })
    expect(encodeMapped({ tenant: 5 }, null).tenant).toBeNull()
  })

  test('a time may be a date', () => {
    const time = new Date(Date.UTC(2026, 0, 2))
    expect(encodeMapped({ time }, null).line.toString()).toBe('{"time":"2026-01-02T00:00:00.000Z"}')
  })

  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  test.each([
    [undefined, /undefined/u],
    ['text', /a string/u],
    [[{}], /array inside/u],
    [Promise.resolve({}), /Promise/u],
    [{ data: Number.NaN }, /"data" is NaN/u],
    [{ data: { deep: [Number.POSITIVE_INFINITY] } }, /"0" is Infinity/u],
    [{ time: new Date('soon') }, /"time" is an invalid date/u],
    [{ data: () => 1 }, /"data" is a function/u],
    [{ data: new Map() }, /"data" is a Map/u],
    [circle, /circular/u],
  ])('%o is refused, since it would be lost or changed', (event, message) => {
    expect(() => encodeMapped(event, null)).toThrow(EntryRefusal)
    expect(() => encodeMapped(event, null)).toThrow(message)
  })
})
