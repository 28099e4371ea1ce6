import fc from 'fast-check'
import type { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { eventJson } from '../../../../shared/event-store/testing/event-json.ts'
import { createDatabase } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'

let database: TestDatabase
let app: Client

beforeAll(async () => {
  database = await createDatabase()
  app = await database.client('trickle_app')
})
afterAll(() => database.drop())

/** PostgreSQL keeps every text but one with U+0000 or half of a surrogate pair. */
const name = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('a\n', '",\n"', '\u2028', '"', '\\', '\t', '\u007f', "'"),
  )
  .filter((text) => !text.includes('\0') && text.isWellFormed())

const anyEvent = fc.record({
  eventId: name,
  source: name,
  type: name,
  streamType: fc.option(name),
  correlationId: fc.option(name),
  causationId: fc.option(name),
  traceParent: fc.option(fc.constant('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01')),
  version: fc.bigInt({ min: 1n, max: 9_007_199_254_740_991n }).map(String),
  schemaVersion: fc.integer({ min: 1, max: 2_147_483_647 }).map(String),
  occurredAt: time(),
  recordedAt: time(),
  data: fc.json(),
  metadata: fc.option(fc.constantFrom('{}', '{"a": 1}')),
})

/** An event without a time of its own has that of its recording; both are then printed once. */
const events = fc
  .tuple(anyEvent, fc.boolean())
  .map(([event, isNow]) => (isNow ? { ...event, occurredAt: event.recordedAt } : event))

/** Any time that an event may have, to the microsecond, as PostgreSQL prints it in UTC. */
function time() {
  return fc
    .tuple(
      fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
      fc.nat(999),
    )
    .map(([date, micros]) => {
      const text = `${date.toISOString().slice(0, -1)}${String(micros).padStart(3, '0')}`
      return `${text.replace('T', ' ').replace(/\.?0+$/, '')}+00`.replace(/(:\d\d):?(\+00)$/, '$1$2')
    })
}

it('the JSON of an event in the database is that of the store in memory, in any time zone', async () => {
  await fc.assert(
    fc.asyncProperty(
      events,
      fc.constantFrom('UTC', 'Asia/Kathmandu', 'America/St_Johns'),
      async (event, zone) => {
        const { rows } = await app.query<{ json: string; data: string; occurred: string; recorded: string }>(
          `with e as (select set_config('timezone', 'UTC', true) as utc, $6::timestamptz as occurred_at,
            $7::timestamptz as recorded_at, $13::jsonb as data, $14::jsonb as metadata offset 0),
          printed as materialized (select e.*, e.data::text as data_text, e.occurred_at::text as occurred,
            e.recorded_at::text as recorded from e),
          moved as materialized (select p.*, set_config('timezone', $15, true) as zone from printed p)
        select trickle_events_log.event_json($1, $2, $3, $4, $5, m.occurred_at, m.recorded_at, $8, $9, $10, $11, $12,
            m.data, m.metadata) as json, m.data_text as data, m.occurred, m.recorded
          from moved m`,
          [
            event.eventId,
            event.source,
            'a-stream',
            event.version,
            event.type,
            event.occurredAt,
            event.recordedAt,
            event.streamType,
            event.schemaVersion,
            event.correlationId,
            event.causationId,
            event.traceParent,
            event.data,
            event.metadata,
            zone,
          ],
        )
        const [row] = rows
        const printed = {
          ...event,
          data: row?.data ?? '',
          occurredAt: row?.occurred ?? '',
          recordedAt: row?.recorded ?? '',
        }
        expect(row?.json).toBe(eventJson(printed, 'a-stream'))
        expect(row?.json).not.toContain('\n')
      },
    ),
    { numRuns: 300 },
  )
})
