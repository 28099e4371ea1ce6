import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { ask, countRows, event, sendRecords, sendText, eventProperties, startHarness } from './harness.ts'
import type { Harness } from './harness.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let harness: Harness
let url: string

const TYPES = [
  'bool',
  'datetime',
  'decimal',
  'dynamic',
  'guid',
  'int',
  'long',
  'real',
  'string',
  'timespan',
] as const

beforeAll(async () => {
  harness = await startHarness()
  url = harness.analytics.url
  await ask(url, `.create table Types (${TYPES.map((type) => `V_${type}:${type}`).join(', ')}, Case:string)`)
})

afterAll(async () => {
  await harness.close()
})

let cases = 0

/** What a column of the type holds after a record with this JSON text for it, as text. */
async function kept(type: (typeof TYPES)[number], json: string): Promise<unknown> {
  cases += 1
  const record = `{"V_${type}": ${json}, "Case":"${cases}"}`
  await ask(url, `.ingest inline into table Types with (format='json') <| ${record}`)
  const query = `Types | where Case == '${cases}' | project Null = isnull(V_${type}), Text = tostring(V_${type})`
  const [row] = await ask(url, query)
  return row?.['Null'] === true ? null : row?.['Text']
}

describe('a value that does not fit its column becomes null without a word', () => {
  test.each([
    ['guid', '"not-a-guid"'],
    ['guid', '"0190163d-8694-739b-aea5-966c26f8ad9"'],
    ['guid', '17'],
    ['datetime', '"yesterday"'],
    ['datetime', '"2026-02-30T00:00:00Z"'],
    ['datetime', '"10000-01-01T00:00:00Z"'],
    ['datetime', '"2026-01-01T24:00:00Z"'],
    ['datetime', '1700000000'],
    ['int', '2147483648'],
    ['int', '-2147483649'],
    ['int', '"1.5"'],
    ['long', '9223372036854775808'],
    ['long', '-9223372036854775809'],
    ['long', '1.5'],
    ['long', '"twelve"'],
    ['long', 'true'],
    ['long', '{"a":1}'],
    ['real', '"one"'],
    ['real', '[1]'],
    ['decimal', '"1,5"'],
    ['decimal', '12345678901234567890123456789012345'],
    ['bool', '"yes"'],
    ['bool', '2'],
    ['timespan', '"1 hour"'],
    ['timespan', '"25:00:00"'],
    ['dynamic', 'null'],
    ['long', 'null'],
  ] as const)('%s from %s', async (type, json) => {
    expect(await kept(type, json)).toBeNull()
  })

  test('and a string is never null', async () => {
    expect(await kept('string', 'null')).toBe('')
  })
})

describe('a value that fits keeps its value', () => {
  test.each([
    ['guid', '"0190163D8694739BAEA5966C26F8AD91"', '0190163d-8694-739b-aea5-966c26f8ad91'],
    ['datetime', '"2026-03-01T10:00:00.12345678+02:00"', '2026-03-01T08:00:00.1234567Z'],
    ['datetime', '"0001-01-01"', '0001-01-01T00:00:00.0000000Z'],
    ['datetime', '"9999-12-31T23:59:59.9999999Z"', '9999-12-31T23:59:59.9999999Z'],
    ['int', '-2147483648', '-2147483648'],
    ['long', '9223372036854775807', '9223372036854775807'],
    ['long', '9007199254740993', '9007199254740993'],
    ['long', '"-9223372036854775808"', '-9223372036854775808'],
    ['decimal', '0.1000000000000000000000000000000001', '0.1000000000000000000000000000000001'],
    ['bool', '"TRUE"', 'true'],
    ['bool', '0', 'false'],
    ['timespan', '"-1.02:03:04.0000005"', '-1.02:03:04.0000005'],
    ['string', '{"a": 1}', '{"a": 1}'],
    ['string', '1.10', '1.10'],
    ['string', String.raw`"\u00e4\n\"\ud83d\ude00"`, 'ä\n"😀'],
    ['dynamic', '{"a": [1, {"b": null}], "a2":"x"}', '{"a": [1, {"b": null}], "a2":"x"}'],
    ['dynamic', '"text"', 'text'],
    ['dynamic', '9223372036854775807', '9223372036854775807'],
    ['dynamic', '[9223372036854775808, 1.10, 1e2, 0.1]', '[9.223372036854776E+18, 1.1, 100.0, 0.1]'],
    ['dynamic', '{"12345678901234567890": "1.10"}', '{"12345678901234567890": "1.10"}'],
  ] as const)('%s from %s', async (type, json, text) => {
    expect(await kept(type, json)).toBe(text)
  })

  test('rows from before a column existed have null in it, or an empty string', async () => {
    await ask(url, '.create table Grown (Id:string)')
    await ask(url, '.ingest inline into table Grown with (format=\'json\') <| {"Id":"old"}')
    await ask(url, '.create-merge table Grown (Id:string, Name:string, Number:long)')
    expect(await ask(url, 'Grown')).toEqual([{ Id: 'old', Name: '', Number: null }])
  })
})

describe('sizes', () => {
  const mebibyte = 1024 * 1024

  /** JSON of exactly so many bytes. */
  function jsonOfSize(bytes: number): { a: string } {
    return { a: 'x'.repeat(bytes - '{"a":""}'.length) }
  }

  test('a dynamic above 1 MiB becomes null in a column without BigObject', async () => {
    await ask(url, '.create table Plain (Id:string, Value:dynamic)')
    await ask(
      url,
      '.create table Plain ingestion json mapping "M" \'[{"column":"Id","Properties":{"Path":"$.Id"}},{"column":"Value","Properties":{"Path":"$.Value"}}]\'',
    )
    const properties = eventProperties({ table: 'Plain', ingestionMappingReference: 'M' })
    await sendRecords(
      url,
      'plain',
      [
        { Id: 'fits', Value: jsonOfSize(mebibyte) },
        { Id: 'too large', Value: jsonOfSize(mebibyte + 1) },
      ],
      properties,
    )
    await expect.poll(() => countRows(url, 'Plain'), { timeout: 60_000 }).toBe(2)
    const rows = await ask(url, 'Plain | project Id, Empty = isnull(Value) | order by Id asc')
    expect(rows).toEqual([
      { Id: 'fits', Empty: false },
      { Id: 'too large', Empty: true },
    ])
  })

  test('a payload of 1 MiB with all kinds of characters arrives equal in a column with BigObject', async () => {
    const payload = {
      text: 'ä😀"\\\n'.repeat(100_000),
      numbers: [1, 2.5, -0.001, 1e100],
      deep: { er: [null, true, {}] },
    }
    expect(Buffer.byteLength(JSON.stringify(payload))).toBeGreaterThan(mebibyte)
    await sendRecords(url, 'large', [event(1, { BatchId: 'large', Payload: payload })])
    await expect
      .poll(() => countRows(url, "EventsRaw | where BatchId == 'large'"), { timeout: 60_000 })
      .toBe(1)
    const [row] = await ask(url, "Events | where BatchId == 'large' | project Payload")
    expect(row?.['Payload']).toEqual(payload)
  })

  test('BigObject ends at 2 MiB, BigObject32 at 32 MiB', async () => {
    const insert = async (name: string, bytes: number): Promise<void> => {
      const record = Buffer.from(JSON.stringify({ Id: name, Value: jsonOfSize(bytes) }))
      const properties = eventProperties({ table: 'Plain', ingestionMappingReference: 'M' })
      await sendText(url, `${name}.json`, record, record.length, properties)
      await expect.poll(() => countRows(url, `Plain | where Id == '${name}'`), { timeout: 60_000 }).toBe(1)
    }
    const isEmpty = async (name: string): Promise<unknown> => {
      const [row] = await ask(url, `Plain | where Id == '${name}' | project Empty = isnull(Value)`)
      return row?.['Empty']
    }
    await ask(url, ".alter column Plain.Value policy encoding type='BigObject'")
    await insert('two', 2 * mebibyte)
    await insert('above two', 2 * mebibyte + 1)
    await ask(url, ".alter column Plain.Value policy encoding type='bigobject32'")
    await insert('three', 3 * mebibyte)
    expect([await isEmpty('two'), await isEmpty('above two'), await isEmpty('three')]).toEqual([
      false,
      true,
      false,
    ])
  })

  test('a payload of written-out numbers is as large as its text, though it is kept shorter', async () => {
    // 309 digits each, kept as 1E+308: together 2.2 MB of text and 50 KB of value.
    const number = `1${'0'.repeat(308)}`
    const record = (name: string, count: number): string =>
      `{"Id":"${name}","Value":[${Array.from({ length: count }, () => number).join(', ')}]}`
    const properties = eventProperties({ table: 'Plain', ingestionMappingReference: 'M' })
    await ask(url, ".alter column Plain.Value policy encoding type='BigObject'")
    for (const [name, count] of [
      ['numbers that fit', 3_000],
      ['numbers beyond', 7_000],
    ] as const) {
      const text = Buffer.from(record(name, count))
      await sendText(url, `${name}.json`, text, text.length, properties)
      await expect.poll(() => countRows(url, `Plain | where Id == '${name}'`), { timeout: 10_000 }).toBe(1)
    }
    expect(
      await ask(
        url,
        "Plain | where Id startswith 'numbers' | project Id, Empty = isnull(Value) | order by Id desc",
      ),
    ).toEqual([
      { Id: 'numbers that fit', Empty: false },
      { Id: 'numbers beyond', Empty: true },
    ])
  })

  test('a string above 1 MiB is cut, never inside a character', async () => {
    await ask(url, '.create table Texts (Value:string)')
    await ask(url, '.create table Texts ingestion json mapping "M" \'[{"column":"Value","path":"$.v"}]\'')
    const record = Buffer.from(JSON.stringify({ v: `${'x'.repeat(mebibyte - 1)}ä` }))
    const properties = eventProperties({ table: 'Texts', ingestionMappingReference: 'M' })
    await sendText(url, 'texts.json', record, record.length, properties)
    await expect.poll(() => countRows(url, 'Texts'), { timeout: 60_000 }).toBe(1)
    const [row] = await ask(url, 'Texts')
    expect(row?.['Value']).toBe('x'.repeat(mebibyte - 1))
  })
})
