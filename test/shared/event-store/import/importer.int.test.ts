import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventLimits } from '../../../../shared/event-store/index.ts'
import type { ImportLine } from '../../../../shared/event-store/index.ts'
import { line, openImporterStage, short } from './importer-stage.ts'
import type { ImporterStage } from './importer-stage.ts'
import { appendOf, readFeedUntil, readWhole } from '../support.ts'

let database: ImporterStage['database']
let admin: ImporterStage['admin']
let registry: ImporterStage['registry']
let store: ImporterStage['store']
let ofTenant: ImporterStage['ofTenant']
let ofOperator: ImporterStage['ofOperator']

beforeAll(async () => {
  ;({ database, admin, registry, store, ofTenant, ofOperator } = await openImporterStage())
})
afterAll(() => database.drop())

describe.each([
  ['a tenant', () => ofTenant],
  ['an operator', () => ofOperator],
])('an import by %s', (name, importer) => {
  const slug = name.replaceAll(' ', '-')
  const tenantOf = (what: string) => database.tenant(`${slug}-${what}`)

  it('writes each line to its stream, in the order of the lines, after what is there', async () => {
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
    const traceParent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    await importer().importBatch([
      { tenant: acme, streamId: 'm', streamType: 'type "m"', traceParent, event },
    ])
    const page = await store.readStream(acme, { streamId: 'm', backward: false, limit: 1 })
    expect(page.events[0]).toContain('"data":{"n": 12345678901234567890}')
    const { data: _data, ...rest } = event
    expect((await readWhole(store, acme, 'm'))[0]).toMatchObject({
      ...rest,
      traceParent,
      streamType: 'type "m"',
    })
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

  it('rejects alone what the database refuses, whatever the reason, and writes the rest in order', async () => {
    const acme = await tenantOf('refused')
    // Each of them passes what is checked before.
    const bad: [number, ImportLine, string][] = [
      [0, line(acme, 's', 'first', { data: 'a\0b' }), '22'],
      [18, line(acme, 's', 'nul', { metadata: { a: '\0' } }), '22'],
      [77, line(acme, 's', 'no-type', { type: undefined as unknown as string }), '23502'],
      [99, line(acme, 's', 'version', { schemaVersion: 10 ** 12 }), '22003'],
    ]
    const lines = Array.from({ length: 100 }, (_, index) => line(acme, 's', `g${index}`))
    for (const [index, wrong] of bad) lines[index] = wrong
    const outcomes = await importer().importBatch(lines)
    expect(outcomes.flatMap(({ outcome }, index) => (outcome === 'appended' ? [] : [index]))).toEqual(
      bad.map(([index]) => index),
    )
    for (const [index, , state] of bad) {
      expect(outcomes[index]).toMatchObject({
        code: 'VALIDATION_FAILED',
        detail: expect.stringMatching(
          new RegExp(`^The database refuses this event: .*SQLSTATE ${state}`),
        ) as string,
      })
    }
    const good = lines.filter((_, index) => !bad.some(([place]) => place === index))
    expect((await readWhole(store, acme, 's')).map((event) => event.id)).toEqual(
      good.map(({ event }) => event.id),
    )
  })

  it('rejects what breaks another unique index, which no waiting for a rival mends', async () => {
    const acme = await tenantOf('unique')
    await admin.query(
      `create unique index if not exists test_only_once on trickle_events_log.events (tenant_id, (data ->> 'once'))`,
    )
    const lines = ['a', 'b', 'a', 'c'].map((once, index) => line(acme, 's', `u${index}`, { data: { once } }))
    const outcomes = await importer().importBatch(lines)
    expect(short(outcomes)).toEqual(['appended', 'appended', 'VALIDATION_FAILED', 'appended'])
    expect(outcomes[2]).toMatchObject({ detail: expect.stringContaining('SQLSTATE 23505') as string })
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
