import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PostgresEventStore } from '../../../../shared/event-store/index.ts'
import type { EventStore, NewEvent } from '../../../../shared/event-store/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { createDatabase } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'
import { appendOf, codeOfRefusal, readWhole } from '../support.ts'

let database: TestDatabase
let store: EventStore
let acme: TenantContext

beforeAll(async () => {
  database = await createDatabase()
  store = new PostgresEventStore(database.pool('trickle_app', 10))
  acme = await database.tenant('acme')
})
afterAll(() => database.drop())

const given = (id: string, overrides: Partial<NewEvent> = {}): NewEvent => ({
  id,
  type: 'Given',
  data: { of: id },
  ...overrides,
})
const append = (streamId: string, ...events: NewEvent[]) => store.append(acme, appendOf(streamId, { events }))
const refused = (id: string) => ({
  code: 'EVENT_ID_EXISTS',
  status: 409,
  extensions: { eventId: id },
  detail: expect.stringContaining(`"${id}"`) as string,
})

describe('event ids that all come from one earlier append', () => {
  it('answer with the whole of it, whichever part is sent again and in whatever order', async () => {
    const first = await append('whole', given('w1'), given('w2'), given('w3'))
    const replay = { ...first, replayed: true, replayedByKey: false }
    expect(await append('whole', given('w1'), given('w2'), given('w3'))).toEqual(replay)
    expect(await append('whole', given('w2'))).toEqual(replay)
    expect(await append('whole', given('w3'), given('w1'))).toEqual(replay)
    expect(await readWhole(store, acme, 'whole')).toHaveLength(3)
  })

  it('answer so also when the stream has more events by now and the condition does not hold any more', async () => {
    const request = appendOf('gone-on', { events: [given('g1')], expected: { mode: 'none' } })
    const first = await store.append(acme, request)
    await append('gone-on', given('g2'))
    expect(await store.append(acme, request)).toEqual({ ...first, replayed: true })
    const exact = appendOf('gone-on', { events: [given('g2')], expected: { mode: 'version', version: 1 } })
    expect(await store.append(acme, exact)).toMatchObject({ version: 2, replayed: true })
  })

  it('are found with equal content that is written in another way', async () => {
    const time = '2026-03-29T02:30:00.123456+02:00'
    await append(
      'alike',
      given('a1', { time, data: { n: 1.5, list: [1] } }),
      given('a2'),
      given('a3', { metadata: { m: 1 } }),
    )
    for (const again of [
      given('a1', { time: '2026-03-29T00:30:00.123456Z', data: { list: [1], n: 1.5 } }),
      given('a1', { data: { n: JSON.rawJSON('1.50'), list: [1] } }),
      given('a2', { metadata: {}, source: '', schemaVersion: 1 }),
      given('a3', { metadata: { m: 1 } }),
    ]) {
      expect(await append('alike', again)).toMatchObject({ version: 3, replayed: true })
    }
  })

  it('may be written again by another source, since the source is part of the identity', async () => {
    expect(await append('sources', given('s1', { source: 'urn:a' }))).toMatchObject({ version: 1 })
    expect(await append('sources', given('s1', { source: 'urn:b' }))).toMatchObject({
      version: 2,
      replayed: false,
    })
    expect(await append('sources', given('s1'))).toMatchObject({ version: 3, replayed: false })
    expect(await append('sources', given('s1', { source: 'urn:a' }))).toMatchObject({
      version: 1,
      replayed: true,
    })
  })
})

describe('event ids that exist otherwise', () => {
  const changes: readonly Partial<NewEvent>[] = [
    { data: { of: 'other' } },
    { data: null },
    { type: 'Other' },
    { schemaVersion: 2 },
    { metadata: { m: 1 } },
    { time: '2020-01-01T00:00:00Z' },
    { correlationId: 'c' },
    { causationId: 'c' },
  ]

  it.each(changes)('are refused with other content: %j', async (change) => {
    const id = `other-${Object.keys(change).join()}-${JSON.stringify(change).length}`
    await append(id, given(id))
    await expect(append(id, given(id, change))).rejects.toMatchObject(refused(id))
    expect(await readWhole(store, acme, id)).toHaveLength(1)
  })

  it('are refused in another stream', async () => {
    await append('here', given('h1'))
    await expect(append('there', given('h1'))).rejects.toMatchObject(refused('h1'))
    await expect(store.streamInfo(acme, 'there')).rejects.toMatchObject({ code: 'STREAM_NOT_FOUND' })
  })

  it('are refused when they come from two earlier appends', async () => {
    await append('two', given('t1'))
    await append('two', given('t2'))
    await expect(append('two', given('t1'), given('t2'))).rejects.toMatchObject({ code: 'EVENT_ID_EXISTS' })
  })

  it('are refused when new ones stand among them, whatever the condition, and the one at fault is named', async () => {
    await append('mixed', given('m1'), given('m2'))
    await expect(append('mixed', given('m1'), given('new'))).rejects.toMatchObject(refused('m1'))
    await expect(
      append('mixed', given('new'), given('m2', { data: 'other' }), given('m1')),
    ).rejects.toMatchObject(refused('m2'))
    await expect(
      store.append(
        acme,
        appendOf('mixed', { events: [given('m1'), given('new')], expected: { mode: 'none' } }),
      ),
    ).rejects.toMatchObject(refused('m1'))
    expect(await readWhole(store, acme, 'mixed')).toHaveLength(2)
  })

  it('do not hide a conflict of a new append', async () => {
    await append('conflict', given('k1'))
    await expect(
      store.append(acme, appendOf('conflict', { events: [given('k2')], expected: { mode: 'none' } })),
    ).rejects.toMatchObject({ code: 'VERSION_CONFLICT', extensions: { currentVersion: 1 } })
  })
})

describe('an id that a request holds twice', () => {
  it.each([
    ['with equal content', given('twice'), given('twice')],
    ['with other content', given('twice'), given('twice', { data: 1 })],
    ['from one source', given('twice', { source: 'urn:a' }), given('twice', { source: 'urn:a' })],
  ])('is refused %s, at once and for good', async (_what, left, right) => {
    await expect(append('in-request', left, given('between'), right)).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      status: 400,
      retryable: false,
      errors: [{ pointer: '/events/2/id', message: expect.any(String) as string }],
    })
    await expect(store.streamInfo(acme, 'in-request')).rejects.toMatchObject({ code: 'STREAM_NOT_FOUND' })
  })

  it('is refused also when it exists already', async () => {
    await append('known-twice', given('known'))
    await expect(append('known-twice', given('known'), given('known'))).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
    })
  })

  it('is fine from two sources', async () => {
    expect(
      await append('two-sources', given('x', { source: 'a' }), given('x', { source: 'b' })),
    ).toMatchObject({
      version: 2,
    })
  })
})

describe('twins that race', () => {
  it('with the same ids on one stream make one append, and all get its answer', async () => {
    const results = await Promise.all(
      Array.from({ length: 20 }, () => append('twins', given('r1'), given('r2'))),
    )
    expect(results.filter((result) => !result.replayed)).toHaveLength(1)
    expect(new Set(results.map(({ replayed: _replayed, ...rest }) => JSON.stringify(rest))).size).toBe(1)
    expect(await readWhole(store, acme, 'twins')).toHaveLength(2)
  })

  it('with the same id on different streams make one append, and the others are refused', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, index) => codeOfRefusal(append(`twin-${index}`, given('only-one')))),
    )
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1)
    expect(outcomes.filter((outcome) => outcome === 'EVENT_ID_EXISTS')).toHaveLength(19)
  })
})
