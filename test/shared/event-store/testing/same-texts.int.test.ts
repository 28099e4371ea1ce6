import * as fc from 'fast-check'
import type { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { jsonbIdentity, jsonbText } from '../../../../shared/event-store/testing/jsonb-text.ts'
import { isBefore, timestamptzOfRfc3339 } from '../../../../shared/event-store/testing/timestamp-text.ts'
import { createDatabase } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'
import { scaled, seed } from '../../../support/scale.ts'

/** The store in memory prints what PostgreSQL prints: the server itself is asked. */
let database: TestDatabase
let admin: Client
beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
  await admin.query("set timezone = 'UTC'")
})
afterAll(() => database.drop())

/** Texts of one run; each run is one question to the server. */
const TEXTS = 200
const options = { seed, numRuns: scaled(10) }

const number = fc.stringMatching(/^-?(0|[1-9]\d{0,24})(\.\d{1,24})?([eE][+-]?\d{1,2})?$/)
const text = fc.string({ unit: 'grapheme' }).filter((value) => value.isWellFormed() && !value.includes('\0'))
/** Raw texts, so that members may stand twice and numbers in every way in which they can be written. */
const { json } = fc.letrec<{ json: string; array: string; object: string }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    number,
    text.map((value) => JSON.stringify(value)),
    fc.constantFrom('null', 'true', 'false', '""', '{}', '[]'),
    tie('array'),
    tie('object'),
  ),
  array: fc.array(tie('json'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
  object: fc
    .array(fc.tuple(fc.oneof(text, fc.constantFrom('a', 'b', 'aa', 'é', '10', '9')), tie('json')), {
      maxLength: 6,
    })
    .map((members) => `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`),
}))

async function column(query: string, texts: readonly string[]): Promise<string[]> {
  const { rows } = await admin.query<[string]>({ text: query, values: [texts], rowMode: 'array' })
  return rows.flat()
}

it('prints JSON as jsonb does, character by character', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(json, { minLength: TEXTS, maxLength: TEXTS }), async (texts) => {
      const printed = await column(
        'select t::jsonb::text from unnest($1::text[]) with ordinality u (t, n) order by n',
        texts,
      )
      expect(texts.map(jsonbText)).toEqual(printed)
    }),
    options,
  )
})

it('calls two texts equal where jsonb does', async () => {
  const pair = fc
    .tuple(json, json, fc.boolean(), fc.integer({ min: 0, max: 3 }))
    .map(([left, right, isSame, zeros]) => {
      const respelled = left.replace(/(\.\d+)(?=[,\]}]|$)/g, (decimals) => decimals + '0'.repeat(zeros))
      return JSON.stringify([left, isSame ? respelled : right])
    })
  await fc.assert(
    fc.asyncProperty(fc.array(pair, { minLength: TEXTS, maxLength: TEXTS }), async (pairs) => {
      const equal = await column(
        `select ((p::jsonb ->> 0)::jsonb = (p::jsonb ->> 1)::jsonb)::text
          from unnest($1::text[]) with ordinality u (p, n) order by n`,
        pairs,
      )
      const ours = pairs.map((texts) => {
        const [left = '', right = ''] = JSON.parse(texts) as string[]
        return String(jsonbIdentity(left) === jsonbIdentity(right))
      })
      expect(ours).toEqual(equal)
      expect(new Set(equal).size).toBe(2)
    }),
    options,
  )
})

const time = fc
  .tuple(
    fc.date({
      min: new Date('0001-01-03T00:00:00Z'),
      max: new Date('9999-12-29T00:00:00Z'),
      noInvalidDate: true,
    }),
    fc.stringMatching(/^(\.\d{1,6})?$/),
    fc.oneof(fc.constantFrom('Z', 'z', '-00:00'), fc.stringMatching(/^[+-]((0\d|1[0-3]):[0-5]\d|14:00)$/)),
  )
  .map(([date, fraction, zone]) => `${date.toISOString().slice(0, 19)}${fraction}${zone}`)

it('prints and orders times as timestamptz does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(time, { minLength: TEXTS, maxLength: TEXTS }), async (times) => {
      const printed = await column(
        'select t::timestamptz::text from unnest($1::text[]) with ordinality u (t, n) order by n',
        times,
      )
      const ours = times.map((text) => timestamptzOfRfc3339(text, 'time'))
      expect(ours).toEqual(printed)
      const sorted = await column(
        'select t::timestamptz::text from unnest($1::text[]) t order by t::timestamptz',
        times,
      )
      expect(ours.toSorted((a, b) => (isBefore(a, b) ? -1 : isBefore(b, a) ? 1 : 0))).toEqual(sorted)
    }),
    options,
  )
})
