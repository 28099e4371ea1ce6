import { randomUUID } from 'node:crypto'
import * as fc from 'fast-check'
import type { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { encodeEvent } from '../../../../shared/event-store/append/encode-events.ts'
import { eventLimits, PostgresEventStore } from '../../../../shared/event-store/index.ts'
import type { EventStore } from '../../../../shared/event-store/index.ts'
import { isTrickleError } from '../../../../shared/errors/index.ts'
import { parseExactJson } from '../../../../shared/json/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { readTime } from '../../../../shared/time/index.ts'
import { createDatabase } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'
import { scaled, seed } from '../../../support/scale.ts'
import { appendOf, readWhole } from '../support.ts'

let database: TestDatabase
let admin: Client
let store: EventStore
let acme: TenantContext

beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
  store = new PostgresEventStore(database.pool('trickle_app', 2))
  acme = await database.tenant('acme')
})
afterAll(() => database.drop())

/** Events of one append. */
const EVENTS = 100
const options = { seed, numRuns: scaled(10) }

const pad = (value: number, length = 2): string => String(value).padStart(length, '0')

/** Every text of the right form, at the ends of the range above all; those that are refused are left out. */
const acceptedTime = fc
  .record({
    year: fc.oneof(fc.integer({ min: 0, max: 9999 }), fc.constantFrom(0, 1, 1970, 9998, 9999)),
    month: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constantFrom(1, 2, 12)),
    day: fc.oneof(fc.integer({ min: 1, max: 31 }), fc.constantFrom(1, 29, 31)),
    clock: fc.stringMatching(/^([01]\d|2[0-3]):[0-5]\d:[0-5]\d$/),
    fraction: fc.oneof(
      fc.stringMatching(/^(\.\d{1,12})?$/),
      fc.constantFrom('.9999999', '.999999999', '.0000009'),
    ),
    zone: fc.oneof(
      fc.constantFrom('Z', 'z', '-00:00'),
      fc.stringMatching(/^[+-]((0\d|1[0-3]):[0-5]\d|14:00)$/),
    ),
  })
  .map(
    ({ year, month, day, clock, fraction, zone }) =>
      `${pad(year, 4)}-${pad(month)}-${pad(day)}T${clock}${fraction}${zone}`,
  )
  .filter((text) => readTime(text).utc !== undefined)

/** Microseconds since 1970, by arithmetic of its own. */
function microsecondsOf(text: string): bigint {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)/.exec(text) ?? []
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  date.setUTCHours(Number(hour), Number(minute), Number(second))
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? ''
  const [, sign, offsetHours, offsetMinutes] = /([+-])(\d\d):(\d\d)$/.exec(text) ?? []
  const offset = BigInt((Number(offsetHours ?? 0) * 60 + Number(offsetMinutes ?? 0)) * 60_000_000)
  const local = BigInt(date.getTime()) * 1_000n + BigInt(fraction.slice(0, 6).padEnd(6, '0'))
  return sign === '-' ? local + offset : local - offset
}

it('a time that is accepted reads back as the same instant, in UTC and with a year of four digits', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(acceptedTime, { minLength: EVENTS, maxLength: EVENTS }), async (times) => {
      const streamId = randomUUID()
      const events = times.map((time) => ({ type: 'T', data: 1, time }))
      await store.append(acme, appendOf(streamId, { events }))
      const stored = (await readWhole(store, acme, streamId)).map(({ time }) => time)
      for (const [index, time] of stored.entries()) {
        expect(time).toMatch(/^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/)
        expect([times[index], microsecondsOf(time)]).toEqual([
          times[index],
          microsecondsOf(times[index] ?? ''),
        ])
      }
    }),
    options,
  )
})

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  fc.stringMatching(/^-?(0|[1-9]\d{0,20})(\.\d{1,20})?([eE][+-]?\d{1,3})?$/),
  fc.constantFrom(
    '1e308',
    '5e-324',
    '-1.123457e-200',
    '1E5',
    '-0',
    '-0.0e10',
    '1.0',
    '1.10',
    '1e400',
    '1e-400',
  ),
)
const text = fc.string({ unit: 'grapheme' }).map((value) => value.toWellFormed())
/** Texts as a client writes them: members twice, white space, numbers in every way. */
const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    number,
    text.map((value) => JSON.stringify(value)),
    fc.constantFrom('null', 'true', '{ }', '[]', ' "1e308" '),
    fc.array(tie('json'), { maxLength: 4 }).map((items) => `[ ${items.join(' ,')} ]`),
    fc
      .array(fc.tuple(fc.oneof(text, fc.constantFrom('a', '__proto__')), tie('json')), { maxLength: 4 })
      .map(
        (members) => `{${members.map(([name, value]) => `${JSON.stringify(name)} : ${value}`).join(', ')}}`,
      ),
  ),
}))

/** What a door makes of a client's text; undefined when it is refused. */
function parsed(source: string): unknown {
  try {
    return parseExactJson(source)
  } catch (error) {
    if (isTrickleError(error)) return undefined
    throw error
  }
}

it('every value that is accepted takes as many bytes in the database as it was counted to have', async () => {
  const seen = { accepted: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(fc.array(json, { minLength: EVENTS, maxLength: EVENTS }), async (texts) => {
      const values = texts.map(parsed).filter((value) => value !== undefined)
      seen.accepted += values.length
      seen.refused += texts.length - values.length
      const streamId = randomUUID()
      const events = values.map((data, index) => ({
        id: `${streamId}-${index}`,
        type: 'V',
        data,
        ...(index % 2 === 0 ? {} : { metadata: { m: data } }),
      }))
      await store.append(acme, appendOf(streamId, { events }))
      const { rows } = await admin.query<[number]>({
        text: `select octet_length(data::text) + coalesce(octet_length(metadata::text), 0)
          from trickle_events_log.events where tenant_id = $1 and stream_id = $2 order by version`,
        values: [acme.tenantId, streamId],
        rowMode: 'array',
      })
      expect(events.map((event) => encodeEvent(event, event.id, '').contentBytes)).toEqual(rows.flat())
    }),
    options,
  )
  expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(20)
})

it('a page of events at the limit that came in small ends by its bytes', async () => {
  const streamId = randomUUID()
  // 3,300 numbers are 20 KB on the way in and 1 MB when they are read.
  const data = Array.from({ length: 3_300 }, () => 1e308)
  for (let round = 0; round < 3; round += 1) {
    const events = Array.from({ length: 8 }, () => ({ type: 'L', data }))
    await store.append(acme, appendOf(streamId, { events }))
  }
  for (const backward of [false, true]) {
    const page = await store.readStream(acme, { streamId, backward, limit: 1_000 })
    expect(page.events.length).toBeLessThan(12)
    expect(Buffer.byteLength(page.events.join(''))).toBeLessThan(
      eventLimits.pageBytesMax + eventLimits.eventBytesMax,
    )
    expect(page.next).not.toBeNull()
  }
})
