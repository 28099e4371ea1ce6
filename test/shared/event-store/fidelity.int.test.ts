import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  eventLimits,
  PostgresEventStore,
  type EventStore,
  type NewEvent,
} from '../../../shared/event-store/index.ts'
import type { TenantContext } from '../../../shared/tenancy/index.ts'
import { createDatabase, type TestDatabase } from '../../support/database.ts'
import { appendOf, noted, readWhole, viewOf, type EventView } from './support.ts'

let database: TestDatabase
let store: EventStore
let acme: TenantContext

beforeAll(async () => {
  database = await createDatabase()
  store = new PostgresEventStore(database.pool('trickle_app'))
  acme = await database.tenant('acme')
})
afterAll(() => database.drop())

let streams = 0

/** Writes one event to a stream of its own and reads its text back. */
async function throughTheStore(event: NewEvent): Promise<{ text: string; view: EventView }> {
  streams += 1
  const streamId = `fidelity-${streams}`
  await store.append(acme, appendOf(streamId, { events: [event] }))
  const page = await store.readStream(acme, { streamId, backward: false, limit: 1 })
  const text = page.events[0] ?? ''
  return { text, view: viewOf(text) }
}
const dataText = (text: string): string =>
  text.slice(text.indexOf('"data":') + 7, text.lastIndexOf(',"metadata":'))

describe('numbers', () => {
  it.each([
    ['9223372036854775807', '9223372036854775807'],
    ['-9223372036854775808', '-9223372036854775808'],
    ['12345678901234567890123456789', '12345678901234567890123456789'],
    ['0.1234567890123456789012345', '0.1234567890123456789012345'],
    ['1.10', '1.10'],
    ['1E5', '100000'],
    ['1e-7', '0.0000001'],
    ['-0', '0'],
    ['1.7976931348623157e308', `17976931348623157${'0'.repeat(292)}`],
    ['5e-324', `0.${'0'.repeat(323)}5`],
  ])('%s arrives with its value', async (given, expected) => {
    const { text } = await throughTheStore({
      type: 'N',
      data: { n: JSON.rawJSON(given) },
      metadata: { m: [JSON.rawJSON(given)] },
    })
    expect(dataText(text)).toBe(`{"n": ${expected}}`)
    expect(text).toContain(`"metadata":{"m": [${expected}]}}`)
  })
})

describe('texts', () => {
  it.each([
    ['quotes and backslashes', String.raw`"\" \\ \/ {"data":1}, ","metadata":`],
    ['control characters', '\u0001\b\t\n\u000B\f\r\u001F\u007F\u0080'],
    ['line separators', 'a\u2028b\u2029c\uFEFFd'],
    ['all planes', '😀 👩‍👩‍👧 𝔘𝔫𝔦 אבג ا́ e\u0301 ﷺ 漢字 \u{10FFFF}'],
    ['SQL', `'; drop table x; -- $1 $$ E'\\x'`],
    ['nothing', ''],
  ])('with %s arrive as they were, wherever they stand', async (_what, text) => {
    const event: NewEvent = {
      id: `id ${text}`,
      source: `source ${text}`,
      type: `type ${text}`,
      data: { [text]: [text] },
      metadata: { [text]: text },
      correlationId: text,
      causationId: text,
    }
    const { view } = await throughTheStore(event)
    const { id, source, type, data, metadata, correlationId, causationId } = view
    expect({ id, source, type, data, metadata, correlationId, causationId }).toEqual(event)
  })
})

describe('values', () => {
  it.each([null, true, false, 0, '', [], {}, [null], { a: { b: [1, { c: null }] } }])(
    '%j is data like any other',
    async (data) => {
      expect((await throughTheStore({ type: 'V', data })).view.data).toEqual(data)
    },
  )

  it('nest as deeply as the limit says', async () => {
    let data: unknown = 1
    for (let depth = 0; depth < eventLimits.jsonDepthMax; depth += 1)
      data = depth % 2 === 0 ? [data] : { d: data }
    expect((await throughTheStore({ type: 'V', data })).view.data).toEqual(data)
  })

  it('that are not given read as their defaults', async () => {
    const { text, view } = await throughTheStore({ type: 'V', data: undefined })
    expect(view).toMatchObject({ source: '', data: null, metadata: {} })
    expect(Object.keys(view)).toEqual([
      'id',
      'source',
      'streamId',
      'version',
      'type',
      'time',
      'recordedAt',
      'data',
      'metadata',
    ])
    expect(view.time).toBe(view.recordedAt)
    const empty = await throughTheStore({
      type: 'V',
      data: undefined,
      metadata: {},
      source: '',
      schemaVersion: 1,
    })
    const without = (whole: string) => whole.replaceAll(/"(id|streamId|time|recordedAt)":"[^"]*"/g, '')
    expect(without(empty.text)).toBe(without(text))
  })

  it('of the trace and the schema version come along', async () => {
    const traceParent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    await store.append(
      acme,
      appendOf('traced', {
        events: [{ type: 'V', data: 1, schemaVersion: 7, correlationId: 'c', causationId: 'd' }],
        trace: { traceParent, traceState: 'k=v' },
      }),
    )
    expect((await readWhole(store, acme, 'traced'))[0]).toMatchObject({
      schemaVersion: 7,
      correlationId: 'c',
      causationId: 'd',
      traceParent,
    })
  })
})

describe('times', () => {
  it.each([
    ['2026-03-29T00:30:00.123456Z', '2026-03-29T00:30:00.123456Z'],
    ['2026-03-29T02:30:00.123456+02:00', '2026-03-29T00:30:00.123456Z'],
    ['2026-12-31T23:59:59.999999-00:00', '2026-12-31T23:59:59.999999Z'],
    ['2026-06-01T12:00:00.5Z', '2026-06-01T12:00:00.5Z'],
    ['2026-06-01T12:00:00.000001Z', '2026-06-01T12:00:00.000001Z'],
    ['2026-06-01T12:00:00Z', '2026-06-01T12:00:00Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
    ['9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.999999Z'],
    ['1969-12-31T23:59:59.999999Z', '1969-12-31T23:59:59.999999Z'],
  ])('%s is told as %s', async (time, expected) => {
    expect((await throughTheStore({ type: 'T', data: 1, time })).view.time).toBe(expected)
  })

  it('of recording are in UTC with microseconds', async () => {
    const { view } = await throughTheStore({ type: 'T', data: 1 })
    expect(view.recordedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/)
    const info = await store.streamInfo(acme, view.streamId)
    expect(info).toMatchObject({ createdAt: view.recordedAt, updatedAt: view.recordedAt })
  })
})

describe('sizes', () => {
  const text = (bytes: number) => 'x'.repeat(bytes)

  it('take an event of 1 MiB, and arrive whole', async () => {
    // Not compressible, so that the row is stored out of line.
    const data = Array.from({ length: 131_072 }, (_, index) => (index * 2_654_435_761) % 9_999_999)
    const content = JSON.stringify(data).slice(0, eventLimits.eventBytesMax - 2)
    expect((await throughTheStore({ type: 'L', data: content })).view.data).toBe(content)
  })

  it('take 1,000 events at once, in their order', async () => {
    const events = noted(eventLimits.appendEventsMax)
    await store.append(acme, appendOf('many', { events }))
    const read = await readWhole(store, acme, 'many')
    expect(read.map((event) => [event.version, event.data])).toEqual(
      events.map(({ data }, index) => [index + 1, data]),
    )
  })

  it.each([
    ['no event at all', [], 'VALIDATION_FAILED', 400],
    ['too many events', noted(eventLimits.appendEventsMax + 1), 'TOO_MANY_EVENTS', 413],
    [
      'an event that is too large',
      [...noted(1), { type: 'L', data: text(1_060_000) }],
      'EVENT_TOO_LARGE',
      413,
    ],
    [
      'an event with too much metadata',
      [{ type: 'L', data: 1, metadata: { m: text(1_060_000) } }],
      'EVENT_TOO_LARGE',
      413,
    ],
    [
      'an event of too many bytes but few characters',
      [{ type: 'L', data: '漢'.repeat(400_000) }],
      'EVENT_TOO_LARGE',
      413,
    ],
    [
      'too many bytes together',
      Array.from({ length: 9 }, () => ({ type: 'L', data: text(1_000_000) })),
      'BODY_TOO_LARGE',
      413,
    ],
  ] satisfies [string, NewEvent[], string, number][])(
    'refuse %s and write nothing',
    async (_what, events, code, status) => {
      await expect(store.append(acme, appendOf('refused', { events }))).rejects.toMatchObject({
        code,
        status,
      })
      await expect(store.streamInfo(acme, 'refused')).rejects.toMatchObject({ code: 'STREAM_NOT_FOUND' })
    },
  )

  it('take the longest ids and names in the widest characters', async () => {
    const widest = '\u{10FFFF}'.repeat(eventLimits.identifierCharactersMax)
    const event = {
      id: widest,
      source: widest,
      type: widest,
      data: 1,
      correlationId: widest,
      causationId: widest,
    }
    const streamId = 'x'.repeat(eventLimits.identifierCharactersMax)
    const idempotency = { key: 'k'.repeat(200), fingerprint: Buffer.alloc(32) }
    await store.append(acme, appendOf(streamId, { events: [event], streamType: widest, idempotency }))
    expect((await readWhole(store, acme, streamId))[0]).toMatchObject(event)
  })

  it('name the event that is too large', async () => {
    const events = [...noted(1), { type: 'L', data: text(1_060_000) }]
    await expect(store.append(acme, appendOf('refused', { events }))).rejects.toMatchObject({
      errors: [{ pointer: '/events/1' }],
    })
  })
})
