import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  EventImporter,
  eventLimits,
  PostgresEventStore,
  type EventStore,
  type ImportLine,
  type ImportOutcome,
  type NewEvent,
} from '../../../shared/event-store/index.ts'
import { TenantRegistry, type TenantContext } from '../../../shared/tenancy/index.ts'
import { createDatabase, type TestDatabase } from '../../support/database.ts'
import { appendOf, readFeedUntil, readWhole } from './support.ts'
import { eventually } from '../../support/eventually.ts'

let database: TestDatabase
let admin: Client
let registry: TenantRegistry
let store: EventStore
let ofTenant: EventImporter
let ofOperator: EventImporter

beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
  registry = new TenantRegistry(database.pool('trickle_operator', 1))
  store = new PostgresEventStore(database.pool('trickle_app', 10))
  ofTenant = new EventImporter(database.pool('trickle_app', 5), false)
  ofOperator = new EventImporter(database.pool('trickle_operator', 5), true)
})
afterAll(() => database.drop())

const line = (
  tenant: TenantContext,
  streamId: string,
  id: string,
  overrides: Partial<Omit<NewEvent, 'id'>> = {},
): ImportLine => ({ tenant, streamId, event: { id, type: 'Imported', data: { of: id }, ...overrides } })

const short = (outcomes: readonly ImportOutcome[]): string[] =>
  outcomes.map((outcome) => (outcome.outcome === 'rejected' ? outcome.code : outcome.outcome))

describe.each([
  ['a tenant', () => ofTenant],
  ['an operator', () => ofOperator],
])('an import by %s', (name, importer) => {
  const slug = name.replaceAll(' ', '-')
  const tenantOf = (what: string) => database.tenant(`${slug}-${what}`)

  it('writes each line to its stream, in the order of the lines, behind what is there', async () => {
    const acme = await tenantOf('order')
    await store.append(acme, appendOf('a'))
    const lines = ['a', 'b', 'a', 'b', 'b'].map((streamId, index) => line(acme, streamId, `o${index}`))
    expect(short(await importer().importBatch(lines))).toEqual(Array.from({ length: 5 }, () => 'appended'))
    expect((await readWhole(store, acme, 'a')).slice(1).map((event) => [event.version, event.id])).toEqual([
      [2, 'o0'],
      [3, 'o2'],
    ])
    expect((await readWhole(store, acme, 'b')).map((event) => event.id)).toEqual(['o1', 'o3', 'o4'])
    await store.append(acme, appendOf('b'))
    const { events } = await readFeedUntil(store, acme, 7)
    expect(events.slice(1, 6).map((event) => event.id)).toEqual(['o0', 'o1', 'o2', 'o3', 'o4'])
    expect((await store.streamInfo(acme, 'b')).version).toBe(4)
  })

  it('rejects alone what an event can not be, with its reason, and writes the other lines', async () => {
    const acme = await tenantOf('alone')
    const outcomes = await importer().importBatch([
      line(acme, 'a', 'good-1'),
      line(acme, 'a', 'swollen', { data: Array.from({ length: 100_000 }, () => 1e308) }),
      line(acme, 'a', 'late', { time: '9999-12-31T23:59:59-12:00' }),
      line(acme, 'a', 'far', { time: '2026-01-01T00:00:00+16:00' }),
      line(acme, 'a', 'huge', { data: JSON.rawJSON('1e400') }),
      line(acme, 'a', 'good-2', { time: '2026-01-01T00:00:00.1234567Z' }),
    ])
    expect(short(outcomes)).toEqual([
      'appended',
      'EVENT_TOO_LARGE',
      'VALIDATION_FAILED',
      'VALIDATION_FAILED',
      'NUMBER_NOT_EXACT',
      'appended',
    ])
    expect(outcomes[1]).toMatchObject({ detail: expect.stringContaining('bytes') })
    expect(outcomes[2]).toMatchObject({ detail: expect.stringContaining('0001 to 9999') })
    expect(outcomes[3]).toMatchObject({ detail: expect.stringContaining('beyond 14:00') })
    expect((await readWhole(store, acme, 'a')).map((event) => event.id)).toEqual(['good-1', 'good-2'])
    expect(
      short(await importer().importBatch([line(acme, 'a', 'late', { time: '0001-01-01T00:00:00+01:00' })])),
    ).toEqual(['VALIDATION_FAILED'])
  })

  it('keeps every member of an event', async () => {
    const acme = await tenantOf('members')
    const event = {
      id: 'm "1"',
      source: 'urn:x',
      type: 'T',
      schemaVersion: 3,
      time: '2020-02-29T12:00:00.000001Z',
      data: { n: JSON.rawJSON('12345678901234567890') },
      metadata: { m: 'ü' },
      correlationId: 'c',
      causationId: 'd',
    }
    await importer().importBatch([{ tenant: acme, streamId: 'm', event }])
    const page = await store.readStream(acme, { streamId: 'm', backward: false, limit: 1 })
    expect(page.events[0]).toContain('"data":{"n": 12345678901234567890}')
    const { data: _data, ...rest } = event
    expect((await readWhole(store, acme, 'm'))[0]).toMatchObject(rest)
  })

  it('finds lines that are there already, in the batch and in the log, and refuses other content', async () => {
    const acme = await tenantOf('twice')
    await store.append(
      acme,
      appendOf('s', {
        events: [{ id: 'appended-before', type: 'Imported', data: { of: 'appended-before' } }],
      }),
    )
    const first = [
      line(acme, 's', 'one'),
      line(acme, 's', 'one'),
      line(acme, 's', 'one', { data: 'other' }),
      line(acme, 'elsewhere', 'one'),
      line(acme, 's', 'one', { source: 'urn:other' }),
      line(acme, 's', 'appended-before'),
      line(acme, 's', 'appended-before', { type: 'Other' }),
      line(acme, 's', 'appended-before', { data: 'other' }),
      line(acme, 's', 'appended-before'),
      line(acme, 's', 'two', { metadata: {} }),
      line(acme, 's', 'two'),
      line(acme, 's', 'two', { metadata: { m: 1 } }),
    ]
    const expected = [
      'appended',
      'duplicate',
      'EVENT_ID_EXISTS',
      'EVENT_ID_EXISTS',
      'appended',
      'duplicate',
      'EVENT_ID_EXISTS',
      'EVENT_ID_EXISTS',
      'duplicate',
      'appended',
      'duplicate',
      'EVENT_ID_EXISTS',
    ]
    expect(short(await importer().importBatch(first))).toEqual(expected)
    expect(short(await importer().importBatch(first))).toEqual(
      expected.map((outcome) => (outcome === 'appended' ? 'duplicate' : outcome)),
    )
    expect((await readWhole(store, acme, 's')).map((event) => event.version)).toEqual([1, 2, 3, 4])
    await expect(store.streamInfo(acme, 'elsewhere')).rejects.toMatchObject({ code: 'STREAM_NOT_FOUND' })
  })

  it('compares a time that was given, and not one that was not', async () => {
    const acme = await tenantOf('times')
    const time = '2020-01-01T00:00:00Z'
    await importer().importBatch([line(acme, 's', 'with', { time }), line(acme, 's', 'without')])
    const again = [
      line(acme, 's', 'with', { time: '2020-01-01T01:00:00+01:00' }),
      line(acme, 's', 'with'),
      line(acme, 's', 'with', { time: '2020-01-01T00:00:00.000001Z' }),
      line(acme, 's', 'without'),
      line(acme, 's', 'without', { time }),
    ]
    expect(short(await importer().importBatch(again))).toEqual([
      'duplicate',
      'duplicate',
      'EVENT_ID_EXISTS',
      'duplicate',
      'EVENT_ID_EXISTS',
    ])
  })

  it('is refused for a tenant that is suspended or gone', async () => {
    const [slow, gone] = [await tenantOf('slow'), await tenantOf('gone')]
    await registry.setStatus(slow.slug, 'suspended')
    await admin.query('delete from trickle_tenants_state.tenants where tenant_id = $1', [gone.tenantId])
    expect(short(await importer().importBatch([line(slow, 's', '1'), line(slow, 's', '2')]))).toEqual([
      'TENANT_SUSPENDED',
      'TENANT_SUSPENDED',
    ])
    expect(short(await importer().importBatch([line(gone, 's', '1')]))).toEqual(['TENANT_UNKNOWN'])
  })

  it('of the same lines by several at once writes each event once', async () => {
    const acme = await tenantOf('raced')
    const lines = Array.from({ length: 100 }, (_, index) => line(acme, `s${index % 7}`, `r${index}`))
    const outcomes = await Promise.all(
      [lines, lines.toReversed(), lines, lines.toReversed()].map((each) => importer().importBatch(each)),
    )
    const appended = outcomes.flat().filter(({ outcome }) => outcome === 'appended')
    expect(appended).toHaveLength(100)
    expect(new Set(outcomes.flatMap(short))).toEqual(new Set(['appended', 'duplicate']))
    for (let stream = 0; stream < 7; stream += 1) {
      const versions = (await readWhole(store, acme, `s${stream}`)).map((event) => event.version)
      expect(versions).toEqual(versions.map((_, index) => index + 1))
    }
  })

  it('of one id into different streams by several at once writes it once, and the others are told', async () => {
    const acme = await tenantOf('one-id')
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, index) => importer().importBatch([line(acme, `s${index}`, 'the-one')])),
    )
    const counts = outcomes.flatMap(short)
    expect(counts.filter((outcome) => outcome === 'appended')).toHaveLength(1)
    expect(counts.filter((outcome) => outcome === 'EVENT_ID_EXISTS')).toHaveLength(7)
  })

  it('takes nothing for no lines, and refuses more than a batch may hold', async () => {
    const acme = await tenantOf('size')
    expect(await importer().importBatch([])).toEqual([])
    const tooMany = Array.from({ length: eventLimits.importBatchLines + 1 }, (_, index) =>
      line(acme, 's', `n${index}`),
    )
    await expect(importer().importBatch(tooMany)).rejects.toThrow(/500/)
    await expect(store.streamInfo(acme, 's')).rejects.toMatchObject({ code: 'STREAM_NOT_FOUND' })
  })
})

describe('an import over many tenants', () => {
  it('takes 500 lines of 300 tenants in one batch, each into its own log', async () => {
    const slugs = Array.from({ length: 300 }, (_, index) => `many-${index}`)
    await registry.createMissing(slugs.map((slug) => ({ slug })))
    const contexts = [...(await registry.contextsBySlug(slugs)).values()]
    expect(contexts).toHaveLength(300)
    const lines = Array.from({ length: 500 }, (_, index) =>
      line(contexts[index % 300] as TenantContext, 'same', 'same-'.concat(String(Math.floor(index / 300)))),
    )
    expect(new Set(short(await ofOperator.importBatch(lines)))).toEqual(new Set(['appended']))
    expect(new Set(short(await ofOperator.importBatch(lines)))).toEqual(new Set(['duplicate']))
    const { rows } = await admin.query(
      `select count(*)::int as events, count(distinct tenant_id)::int as tenants, max(version)::int as version,
          bool_and(data ->> 'of' = event_id) as kept
        from trickle_events_log.events where stream_id = 'same'`,
    )
    expect(rows).toEqual([{ events: 500, tenants: 300, version: 2, kept: true }])
    const [first] = contexts
    expect(await readWhole(store, first as TenantContext, 'same')).toHaveLength(2)
  })

  it('rejects the lines of those who may not write, and writes the others', async () => {
    const [good, slow, gone] = [
      await database.tenant('good'),
      await database.tenant('slow'),
      await database.tenant('gone'),
    ]
    await registry.setStatus('slow', 'suspended')
    await admin.query('delete from trickle_tenants_state.tenants where tenant_id = $1', [gone.tenantId])
    const lines = [slow, good, gone, good, slow].map((tenant, index) => line(tenant, 's', `x${index}`))
    expect(short(await ofOperator.importBatch(lines))).toEqual([
      'TENANT_SUSPENDED',
      'appended',
      'TENANT_UNKNOWN',
      'appended',
      'TENANT_SUSPENDED',
    ])
    const { rows } = await admin.query('select from trickle_events_log.events where tenant_id = any ($1)', [
      [slow.tenantId, gone.tenantId],
    ])
    expect(rows).toEqual([])
  })

  it('is not for a tenant, neither by the library nor by the database', async () => {
    const [acme, bolt] = [await database.tenant('acme'), await database.tenant('bolt')]
    await expect(ofTenant.importBatch([line(acme, 's', '1'), line(bolt, 's', '1')])).rejects.toBeInstanceOf(
      TypeError,
    )
    await expect(
      new EventImporter(database.pool('trickle_app', 1), true).importBatch([line(acme, 's', '1')]),
    ).rejects.toMatchObject({ code: 'INTERNAL', cause: { code: '42501' } })
    await expect(
      new EventImporter(database.pool('trickle_operator', 1), false).importBatch([line(acme, 's', '1')]),
    ).rejects.toMatchObject({ code: 'INTERNAL', cause: { code: '42501' } })
  })

  it('lets no stream id in that could pass for another member', async () => {
    const acme = await database.tenant('odd')
    const lines = [line(acme, 'a","id":"smuggled', 'honest'), line(acme, 'a', 'good')]
    expect(short(await ofOperator.importBatch(lines))).toEqual(['INVALID_STREAM_ID', 'appended'])
    const { rows } = await admin.query(
      'select stream_id, event_id from trickle_events_log.events where tenant_id = $1',
      [acme.tenantId],
    )
    expect(rows).toEqual([{ stream_id: 'a', event_id: 'good' }])
  })
})

describe('an import that loses a race to an append', () => {
  it('is judged again when an append has taken its id in the meantime', async () => {
    const acme = await database.tenant('late')
    const rival = await database.client('trickle_app')
    await rival.query('begin')
    await rival.query(
      `select trickle_events_log.append($1, array['rival'], null, array[-1], 1, '[{"s": 1, "id": "contested", "type": "T", "data": 1}]', null, null, null, null)`,
      [acme.tenantId],
    )
    const importing = ofOperator.importBatch([line(acme, 's', 'free'), line(acme, 's', 'contested')])
    await eventually(
      async () =>
        (await admin.query("select from pg_locks where not granted and locktype = 'transactionid'")).rowCount,
    ).toBeGreaterThan(0)
    await rival.query('commit')
    expect(short(await importing)).toEqual(['appended', 'EVENT_ID_EXISTS'])
  })
})
