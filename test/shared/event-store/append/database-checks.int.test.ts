import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { append, appendBatch } from '../../../../shared/event-store/append/statements.ts'
import type { SingleAppend } from '../../../../shared/event-store/append/statements.ts'
import { PostgresEventStore } from '../../../../shared/event-store/index.ts'
import type { AppendRequest } from '../../../../shared/event-store/index.ts'
import { importEvents } from '../../../../shared/event-store/import/statements.ts'
import type { Statement } from '../../../../shared/postgres/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { createDatabase } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'
import { appendOf, codeOfRefusal } from '../support.ts'

/** What the database itself refuses to every caller: it does not rely on the checks of those who call it. */
let database: TestDatabase
let app: Client
let admin: Client
let acme: TenantContext

beforeAll(async () => {
  database = await createDatabase()
  app = await database.client('trickle_app')
  admin = await database.client('admin')
  acme = await database.tenant('acme')
})
afterAll(() => database.drop())

/** One event as the functions of the database take it. */
interface RawEvent {
  readonly streamId: string
  readonly streamType: string | null
  readonly event: Readonly<Record<string, unknown>>
}

const appendOfRaw = ({ streamId, streamType, event }: RawEvent): SingleAppend => ({
  tenantId: acme.tenantId,
  streams: [{ streamId, streamType, expected: { mode: 'any' }, events: [JSON.stringify(event)] }],
  conditions: [],
  bytes: 0,
  mayBeKnown: false,
  trace: null,
  idempotency: null,
  names: [],
})

const ways: readonly (readonly [string, (event: RawEvent) => Statement])[] = [
  ['append', (event) => append(appendOfRaw(event))],
  [
    'append to several streams',
    (event) => {
      const own = appendOfRaw(event)
      const good = appendOfRaw(raw({}, { streamId: 'good' }))
      return append({ ...own, streams: [...own.streams, ...good.streams] })
    },
  ],
  [
    'append of a batch',
    (event) => appendBatch([appendOfRaw(event), appendOfRaw(raw({}, { streamId: 'good' }))]),
  ],
  [
    'import',
    ({ streamId, event }) =>
      importEvents(acme.tenantId, JSON.stringify([{ n: 0, t: 1, streamId, ...event }])),
  ],
]

let ids = 0
const raw = (event: Readonly<Record<string, unknown>>, of: Partial<RawEvent> = {}): RawEvent => ({
  streamId: 's',
  streamType: null,
  event: { id: `e-${(ids += 1)}`, type: 'T', data: 1, ...event },
  ...of,
})

const long = (characters: number): string => 'x'.repeat(characters)
const refusals: readonly (readonly [string, () => RawEvent])[] = [
  ['a time before the year 1', () => raw({ time: '0001-01-01T00:00:00+14:00' })],
  ['the year 4713 before', () => raw({ time: '4713-01-01 00:00:00 BC' })],
  ['a time in the year 10000', () => raw({ time: '9999-12-31T23:59:59-12:00' })],
  ['a time that is rounded into the year 10000', () => raw({ time: '9999-12-31T23:59:59.9999999Z' })],
  ['no end of time', () => raw({ time: 'infinity' })],
  ['no beginning of time', () => raw({ time: '-infinity' })],
  ['a long type', () => raw({ type: long(1_021) })],
  ['a type of very many bytes', () => raw({ type: '\u{10FFFF}'.repeat(256) })],
  ['a long id', () => raw({ id: long(1_021) })],
  ['a long source', () => raw({ source: long(1_021) })],
  ['a long stream id', () => raw({}, { streamId: long(256) })],
  ['a stream id with a space', () => raw({}, { streamId: 'a b' })],
  ['a stream id with a line end', () => raw({}, { streamId: 'a\n' })],
  ['no stream id', () => raw({}, { streamId: '' })],
  ['a stream id that is a step of a path', () => raw({}, { streamId: '..' })],
  ['a stream id that is not ASCII', () => raw({}, { streamId: '\u212Aiosk' })],
]

describe.each(ways)('%s', (_name, statementOf) => {
  it.each(refusals)('refuses %s and writes nothing', async (_what, event) => {
    const { text, values } = statementOf(event())
    const code = await app.query({ text, values: [...values] }).then(
      () => 'done',
      (error: { code?: string }) => error.code,
    )
    // 22: the text is no time of the server at all; 23: it breaks what the log demands.
    expect(code).toMatch(/^(22|23)/)
    const { rows } = await admin.query(
      'select 1 from trickle_events_log.events union all select 1 from trickle_events_log.streams',
    )
    expect(rows).toEqual([])
  })
})

it('refuses a row that comes past the functions', async () => {
  await expect(
    admin.query(
      `insert into trickle_events_log.events (tenant_id, stream_id, version, event_id, type, occurred_at, recorded_at, data)
        values ($1, 's', 1, 'e', 'T', '10000-01-01 00:00:00+00', now(), '1')`,
      [acme.tenantId],
    ),
  ).rejects.toMatchObject({ code: '23514' })
})

describe('a caller whose values no door has checked is told, not failed', () => {
  const requests: readonly (readonly [string, Partial<AppendRequest>, string])[] = [
    ['a long type', { events: [{ type: long(256), data: 1 }] }, 'VALIDATION_FAILED'],
    ['a long id', { events: [{ id: long(256), type: 'T', data: 1 }] }, 'VALIDATION_FAILED'],
    ['a long source', { events: [{ source: long(256), type: 'T', data: 1 }] }, 'VALIDATION_FAILED'],
    ['a long cause', { events: [{ causationId: long(256), type: 'T', data: 1 }] }, 'VALIDATION_FAILED'],
    ['a long type of the stream', { streamType: long(256) }, 'VALIDATION_FAILED'],
    ['a stream id with a space', { streamId: 'with space' }, 'INVALID_STREAM_ID'],
    ['a stream id that is a step of a path', { streamId: '..' }, 'INVALID_STREAM_ID'],
    ['U+0000 in a text', { events: [{ type: 'T', data: 'a\0b' }] }, 'VALIDATION_FAILED'],
    ['half of a pair', { events: [{ type: 'T', data: '\uD800' }] }, 'VALIDATION_FAILED'],
    ['U+0000 in a type', { events: [{ type: 'T\0', data: 1 }] }, 'VALIDATION_FAILED'],
    [
      'a schema version beyond 32 bits',
      { events: [{ type: 'T', data: 1, schemaVersion: 2 ** 31 }] },
      'VALIDATION_FAILED',
    ],
  ]
  it.each(requests)('%s', async (_what, overrides, code) => {
    const store = new PostgresEventStore(database.pool('trickle_app', 1))
    await expect(store.append(acme, appendOf('told', overrides))).rejects.toMatchObject({
      code,
      status: 400,
      retryable: false,
    })
    expect(await codeOfRefusal(store.streamInfo(acme, 'told'))).toBe('STREAM_NOT_FOUND')
  })

  it('also among callers who write together, and the others are done', async () => {
    const store = new PostgresEventStore(database.pool('trickle_app', 4))
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        codeOfRefusal(
          store.append(
            acme,
            appendOf(`together-${index}`, { events: [{ type: 'T', data: index === 20 ? '\uD800' : 1 }] }),
          ),
        ),
      ),
    )
    expect(outcomes.flatMap((outcome, index) => (outcome === 'done' ? [] : [[index, outcome]]))).toEqual([
      [20, 'VALIDATION_FAILED'],
    ])
  })
})
