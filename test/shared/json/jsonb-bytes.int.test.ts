import * as fc from 'fast-check'
import type { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { jsonbBytes } from '../../../shared/json/index.ts'
import { createDatabase } from '../../support/database.ts'
import type { TestDatabase } from '../../support/database.ts'
import { scaled, seed } from '../../support/scale.ts'

/** What PostgreSQL prints is asked of the server itself. */
let database: TestDatabase
let admin: Client
beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
})
afterAll(() => database.drop())

/** Texts of one question to the server. */
const TEXTS = 200

const text = fc
  .oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }))
  .map((value) => value.toWellFormed().replaceAll('\0', '\u0001'))
const EXTREMES = [
  0, -0, 1e308, -1.7976931348623157e308, 5e-324, -2.2250738585072014e-308, 1e21, 1e-7, 123456789e12,
]
const double = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(...EXTREMES),
  fc.integer(),
)
/** As parseExactJson keeps what a double would change, and as other callers might write a number. */
const raw = fc
  .oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
    fc.stringMatching(/^-?(0|[1-9]\d{0,20})(\.\d{1,20})?([eE][+-]?\d{1,2})?$/),
  )
  .map((token) => JSON.rawJSON(token))
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    double,
    raw,
    text,
    fc.constantFrom(null, true, false, '', '1e5', '":,[1e308'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(text, fc.constantFrom('__proto__', '1e5', '')), tie('value'), { maxKeys: 4 }),
  ),
}))

async function printed(texts: readonly string[]): Promise<number[]> {
  const { rows } = await admin.query<[number]>({
    text: 'select octet_length(t::jsonb::text) from unnest($1::text[]) with ordinality u (t, n) order by n',
    values: [texts],
    rowMode: 'array',
  })
  return rows.flat()
}

it('counts the bytes that jsonb prints', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(value, { minLength: TEXTS, maxLength: TEXTS }), async (values) => {
      const texts = values.map((item) => JSON.stringify(item))
      expect(texts.map(jsonbBytes)).toEqual(await printed(texts))
    }),
    { seed, numRuns: scaled(10) },
  )
})

it('counts what swells, and what comes near to the bound', async () => {
  const texts = [
    JSON.stringify(Array.from({ length: 1_000 }, () => 1e308)),
    JSON.stringify(Array.from({ length: 1_000 }, () => -1.123457e-200)),
    JSON.stringify(Array.from({ length: 1_000 }, () => -4.9406564584124654e-324)),
    JSON.stringify(Array.from({ length: 1_000 }, () => 1)),
    JSON.stringify(Array.from({ length: 1_000 }, () => [])),
    JSON.stringify(Array.from({ length: 1_000 }, (_, index) => ({ [index]: { '': '' } }))),
    '[0e5,0e-5,0.000,-0.0,1E5,1e+5,10.50e1,1.0,0.5e3,0.05e1,100e-2]',
  ]
  expect(texts.map(jsonbBytes)).toEqual(await printed(texts))
})

it.each([
  ['1e400', '1e400'],
  ['-1e400', '-1e400'],
  ['1e-400', '1e-400'],
  ['1e131071', '1e131071'],
  ['1e-16383', '1e-16383'],
  ['1e999999999', '1e999999999'],
  ['0.1e-99999', '0.1e-99999'],
  ['20,000 digits', `1${'0'.repeat(20_000)}`],
  ['20,000 decimals', `0.${'0'.repeat(20_000)}1`],
])('refuses %s, which prints longer than any double, wherever it stands', (_what, token) => {
  for (const item of [JSON.rawJSON(token), [1, JSON.rawJSON(token)], { a: JSON.rawJSON(token) }]) {
    expect(() => jsonbBytes(JSON.stringify(item))).toThrowError(
      expect.objectContaining({ code: 'NUMBER_NOT_EXACT' }),
    )
  }
})
