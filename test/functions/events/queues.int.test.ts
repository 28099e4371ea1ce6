import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Database } from '../../../shared/postgres/index.ts'
import type { Queue } from '../../../shared/context/index.ts'
import type { TenantContext } from '../../../shared/tenancy/index.ts'
import { QueueStage } from './queue-stage.ts'

let stage: QueueStage
let acme: TenantContext
let queue: Queue

beforeEach(async () => {
  stage = await QueueStage.open()
  acme = await stage.tenant('acme')
  queue = stage.queue('trickle-events')
})
afterEach(() => stage.database.drop())

const messageOf = (id: string, more: object = {}) => ({
  body: { tenant: acme.slug, id, streamId: 's', type: 'Happened', data: { id }, ...more },
})
const idsOf = (count: number, prefix = 'e'): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`)
const codeOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'done',
    (error: { code: string }) => error.code,
  )

describe('a batch', () => {
  it('is appended in few statements', async () => {
    const worker = stage.database.pool('trickle_worker')
    const events = stage.queue('trickle-events', worker)
    const batch = (name: string) => idsOf(256, name).map((id) => messageOf(id, { streamId: id }))
    // The first batch on new connections is slow, and what comes meanwhile does not wait for it.
    await stage.receive(events, ...batch('warm'))
    const query = vi.spyOn(worker, 'query')
    await stage.receive(events, ...batch('e'))
    expect(await stage.stored(acme, 'e-255')).toEqual(['e-255'])
    expect(query.mock.calls.length).toBeLessThan(32)
  })

  it('has the bad ones parked with their reasons, and the good ones appended', async () => {
    const [globex, closed] = [await stage.tenant('globex'), await stage.tenant('closed')]
    await stage.suspend(closed)
    await stage.receive(queue, messageOf('known'))
    await stage.receive(
      queue,
      messageOf('good-1'),
      { body: '{"tenant":' },
      messageOf('bad-1', { secret: 1 }),
      messageOf('bad-2', { tenant: 'nobody' }),
      messageOf('bad-3', { tenant: closed.tenantId }),
      messageOf('bad-4', { expected: 'none' }),
      messageOf('bad-5', { streamId: undefined }),
      messageOf('known', { data: 'other content' }),
      { ...messageOf('bad-6'), properties: { tenant: globex.slug } },
      { ...messageOf('bad-7'), properties: { tenant: 'nobody' } },
      { ...messageOf('good-2'), properties: { tenant: acme.tenantId.toUpperCase() } },
      { body: { ...messageOf('good-3').body, tenant: globex.tenantId } },
      messageOf('known'),
    )
    expect(new Set(await stage.stored(acme, 's'))).toEqual(new Set(['known', 'good-1', 'good-2']))
    expect(await stage.stored(globex, 's')).toEqual(['good-3'])
    const found = await stage.parkedOf(queue)
    expect(found.map(({ reason, tenantId }) => `${reason} ${tenantId ?? '-'}`).toSorted()).toEqual(
      [
        'MALFORMED_JSON -',
        'VALIDATION_FAILED -',
        'TENANT_UNKNOWN -',
        `TENANT_SUSPENDED ${closed.tenantId}`,
        `VERSION_CONFLICT ${acme.tenantId}`,
        `VALIDATION_FAILED ${acme.tenantId}`,
        `IDEMPOTENCY_KEY_REUSED ${acme.tenantId}`,
        `TENANT_CONTEXT_REFUSED ${acme.tenantId}`,
        `TENANT_CONTEXT_REFUSED ${acme.tenantId}`,
      ].toSorted(),
    )
    expect(found.map(({ body }) => body)).toContain('{"tenant":')
    expect(stage.lines.join('\n')).toMatch(/^trickle-events: 9 of 13 parked \(.*1 MALFORMED_JSON/)
    expect(stage.lines.join('\n')).not.toMatch(/secret|other content|bad-/)
  })

  it('that comes again does nothing, and parks nothing twice', async () => {
    const batch = [messageOf('e-1'), { body: 'bad' }, messageOf('e-2', { events: undefined })]
    await stage.receive(queue, ...batch)
    await stage.receive(queue, ...batch)
    expect((await stage.stored(acme, 's')).toSorted()).toEqual(['e-1', 'e-2'])
    expect(await stage.parkedOf(queue)).toMatchObject([{ attempts: 2, body: 'bad' }])
  })

  it('has messages with one id in different tenants', async () => {
    const globex = await stage.tenant('globex')
    await stage.receive(queue, messageOf('1'), messageOf('1', { tenant: globex.slug, data: 'other' }))
    expect([await stage.stored(acme, 's'), await stage.stored(globex, 's')]).toEqual([['1'], ['1']])
    expect(await stage.parkedOf(queue)).toEqual([])
  })

  it('has CloudEvents, alone and several in a message, each once', async () => {
    const event = (id: string, more: object = {}) => ({
      specversion: '1.0',
      id,
      source: '/shop',
      type: 'placed',
      subject: 's',
      tenant: acme.slug,
      data: id,
      ...more,
    })
    const batch = { body: [event('c-2'), event('c-3'), event('c-4', { streamid: 'other' })] }
    await stage.receive(queue, { body: event('c-1') })
    await stage.receive(queue, batch)
    await stage.receive(queue, batch, { body: event('c-2') })
    expect(await stage.stored(acme, 's')).toEqual(['c-1', 'c-2', 'c-3'])
    expect(await stage.stored(acme, 'other')).toEqual(['c-4'])
    const bad = { body: [event('c-5'), event('c-2', { data: 'changed' }), event('c-6')] }
    await stage.receive(queue, bad)
    // What comes after the bad one in its stream waits for the repair, or they would change places.
    expect(await stage.stored(acme, 's')).toEqual(['c-1', 'c-2', 'c-3', 'c-5'])
    expect(await stage.parkedOf(queue)).toMatchObject([{ reason: 'IDEMPOTENCY_KEY_REUSED' }])
  })

  it('has appends of several events, all or none', async () => {
    const events = [
      { type: 'A', data: 1 },
      { type: 'B', data: 2 },
    ]
    const list = { body: { tenant: acme.slug, id: 'l-1', streamId: 'list', expected: 'none', events } }
    await stage.receive(queue, list)
    await stage.receive(queue, list)
    expect(await stage.stored(acme, 'list')).toHaveLength(2)
    expect(await stage.parkedOf(queue)).toEqual([])
  })
})

describe('a queue that is bound to tenants', () => {
  it('parks messages for others', async () => {
    const globex = await stage.tenant('globex')
    const bound = stage.queue('trickle-events', stage.database.pool('trickle_worker'), [acme.slug])
    await stage.receive(bound, messageOf('mine'), messageOf('theirs', { tenant: globex.slug }))
    expect([await stage.stored(acme, 's'), await stage.stored(globex, 's')]).toEqual([['mine'], []])
    expect(await stage.parkedOf(bound)).toMatchObject([
      { reason: 'TENANT_CONTEXT_REFUSED', tenantId: globex.tenantId },
    ])
  })
})

describe('a message that expects a version', () => {
  it('which its stream has not come to is tried again, and in the end parked', async () => {
    const early = messageOf('early', { expected: 1 })
    expect(await codeOf(stage.receive(queue, early, messageOf('other', { streamId: 'o' })))).toBe(
      'VERSION_CONFLICT',
    )
    expect(await stage.stored(acme, 'o')).toEqual(['other'])
    await stage.receive(queue, messageOf('first'))
    await stage.receive(queue, { ...early, deliveryCount: 2 })
    expect(await stage.stored(acme, 's')).toEqual(['first', 'early'])
    const never = messageOf('never', { expected: 9 })
    // What was delivered while the database was away counts for nothing.
    for (let attempt = 1; attempt < 10; attempt += 1)
      expect(await codeOf(stage.receive(queue, { ...never, deliveryCount: 500 + attempt }))).toBe(
        'VERSION_CONFLICT',
      )
    expect(await stage.parkedOf(queue)).toEqual([])
    await stage.receive(queue, { ...never, deliveryCount: 510 })
    expect(await stage.parkedOf(queue)).toMatchObject([{ reason: 'VERSION_CONFLICT' }])
  })

  it('which its stream has passed is parked at once', async () => {
    await stage.receive(queue, messageOf('first'), messageOf('second'))
    await stage.receive(queue, messageOf('late', { expected: 1 }))
    expect(await stage.parkedOf(queue)).toMatchObject([{ reason: 'VERSION_CONFLICT' }])
  })
})

describe('while PostgreSQL is away', () => {
  it('nothing is parked and all come again', async () => {
    const nowhere = new Database({
      url: 'postgres://trickle_worker:x@127.0.0.1:1/nowhere',
      connectionsMax: 1,
      statements: 'unnamed',
    })
    const away = stage.queue('trickle-events', nowhere)
    expect(await codeOf(stage.receive(away, messageOf('good'), { body: 'bad' }))).toBe('DATABASE_UNAVAILABLE')
    expect(await codeOf(stage.receive(away, messageOf('good')))).toBe('DATABASE_UNAVAILABLE')
    expect(await codeOf(stage.receive(away, { body: 'bad', deliveryCount: 1_000 }))).toBe(
      'DATABASE_UNAVAILABLE',
    )
    expect(await stage.parkedOf(away)).toEqual([])
    await nowhere.end()
  })
})

describe('an ordered queue', () => {
  it('keeps the order of a session, and goes on after a bad message', async () => {
    const ordered = stage.queue('trickle-events-ordered')
    const ids = idsOf(20)
    const [before, after] = [ids.slice(0, 10), ids.slice(10)].map((part) => part.map((id) => messageOf(id)))
    await stage.receive(ordered, ...(before ?? []), { body: 'bad' }, ...(after ?? []))
    expect(await stage.stored(acme, 's')).toEqual(ids)
    expect(await stage.parkedOf(ordered)).toMatchObject([{ body: 'bad' }])
  })

  it('lets messages of several sessions share statements', async () => {
    const worker = stage.database.pool('trickle_worker')
    const ordered = stage.queue('trickle-events-ordered', worker)
    await stage.receive(ordered, messageOf('warm'))
    const query = vi.spyOn(worker, 'query')
    const sessions = idsOf(16, 'session').map((streamId) =>
      stage.receive(ordered, ...idsOf(20, streamId).map((id) => messageOf(id, { streamId }))),
    )
    await Promise.all(sessions)
    for (const streamId of idsOf(16, 'session'))
      expect(await stage.stored(acme, streamId)).toEqual(idsOf(20, streamId))
    expect(query.mock.calls.length).toBeLessThan(160)
  })
})
