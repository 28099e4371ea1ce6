import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bytes, openQueueStage } from './queue-stage.ts'
import type { QueueStage } from './queue-stage.ts'

let stage: QueueStage

beforeEach(async () => {
  stage = await openQueueStage()
})
afterEach(() => stage.stop())

const idsOf = async (queue: string): Promise<string[]> =>
  (await stage.dead(queue)).map(({ sequenceNumber }) => String(sequenceNumber))

describe('dead letters', () => {
  test('are listed by pages with reasons and without what they say', async () => {
    await stage.deadLetter(
      'ordered',
      ...[1, 2, 3].map((n) => ({ body: bytes(`secret ${n}`), messageId: `m${n}`, sessionId: 's' })),
    )
    const first = await stage.ask(
      'list-dead-letters',
      { queue: 'ordered' },
      { path: '/api/operations/queues/ordered/dead-letters?limit=2' },
    )
    expect(first.status).toBe(200)
    expect(first.text).not.toContain('secret')
    expect(first.json).toMatchObject({
      messages: [
        { id: '1', messageId: 'm1', sessionId: 's', reason: 'GivenUp', detail: 'it failed' },
        { id: '2' },
      ],
      next: '2',
    })
    const last = await stage.ask(
      'list-dead-letters',
      { queue: 'ordered' },
      { path: '/api/operations/queues/ordered/dead-letters?limit=2&after=2' },
    )
    expect(last.json).toMatchObject({ messages: [{ id: '3' }], next: null })
  })

  test('are shown with what they say', async () => {
    await stage.deadLetter('plain', {
      body: bytes('{"n":12345678901234567890}'),
      properties: { tenant: 'acme' },
    })
    const shown = await stage.ask('show-dead-letter', { queue: 'plain', id: '1' })
    expect(shown.json).toMatchObject({
      body: '{"n":12345678901234567890}',
      bodyEncoding: 'utf-8',
      properties: { tenant: 'acme' },
      problems: [],
    })
  })

  test('are sent to their queue again with all that was theirs, and are gone then', async () => {
    await stage.deadLetter('ordered', {
      body: bytes('{"n":12345678901234567890}'),
      messageId: 'm1',
      sessionId: 's1',
      contentType: 'application/json',
      correlationId: 'c',
      subject: 'order.placed',
      properties: { tenant: 'acme', attempt: 3 },
      timeToLiveMs: 600_000,
    })
    const answer = await stage.ask('resubmit-dead-letter', { queue: 'ordered', id: '1' }, { json: {} })
    expect(answer.json).toEqual({
      dryRun: false,
      messages: [{ id: '1', messageId: 'm1', sessionId: 's1', outcome: 'sent', problems: [] }],
      next: null,
    })
    expect(await stage.dead('ordered')).toEqual([])
    const [sent, ...others] = await stage.waiting('ordered')
    expect(others).toEqual([])
    expect(sent).toMatchObject({
      messageId: 'm1',
      sessionId: 's1',
      contentType: 'application/json',
      correlationId: 'c',
      subject: 'order.placed',
    })
    expect(String(sent?.body)).toBe('{"n":12345678901234567890}')
    expect(sent?.properties).toEqual({ tenant: 'acme', attempt: 3 })
    expect(await stage.actions()).toMatchObject([
      { action: 'resubmit-dead-letter', target: 'ordered', detail: 'dead letter 1', subject: 'test' },
    ])
  })

  test('are sent with an edited body', async () => {
    await stage.deadLetter('plain', { body: bytes('{"tpye":1}') })
    await stage.ask('resubmit-dead-letter', { queue: 'plain', id: '1' }, { json: { body: '{"type":1}' } })
    expect((await stage.waiting('plain')).map(({ body }) => String(body))).toEqual(['{"type":1}'])
  })

  test('reach a queue that removes duplicates, although it has seen their ids', async () => {
    await stage.deadLetter('once', { body: bytes('a'), messageId: 'm1' })
    const answer = await stage.ask('resubmit-dead-letter', { queue: 'once', id: '1' }, { json: {} })
    expect(answer.json).toMatchObject({ messages: [{ outcome: 'sent' }] })
    expect(await stage.waiting('once')).toHaveLength(1)
  })

  test('stay as they are in a dry run, which says what would be', async () => {
    await stage.deadLetter('plain', { body: bytes('a') }, { body: bytes('b') })
    const before = await stage.dead('plain')
    for (const name of ['resubmit-dead-letters', 'discard-dead-letters']) {
      const answer = await stage.ask(name, { queue: 'plain' }, { json: { dryRun: true } })
      const outcome = name.startsWith('resubmit') ? 'would-be-sent' : 'would-be-discarded'
      expect(answer.json).toMatchObject({ dryRun: true, messages: [{ outcome }, { outcome }], next: null })
    }
    expect(await stage.dead('plain')).toEqual(before)
    expect(await stage.waiting('plain')).toEqual([])
    expect(await stage.actions()).toEqual([])
  })

  test('are sent again by pages and in their order, only those with the reason', async () => {
    await stage.deadLetter(
      'ordered',
      ...Array.from({ length: 12 }, (_, n) => ({ body: bytes(String(n)), sessionId: 's' })),
    )
    const sent: unknown[] = []
    for (let after: string | null | undefined; after !== null;) {
      const answer = await stage.ask(
        'resubmit-dead-letters',
        { queue: 'ordered' },
        { json: { limit: 5, reason: 'GivenUp', ...(after === undefined ? {} : { after }) } },
      )
      sent.push(...((answer.json?.['messages'] ?? []) as unknown[]))
      after = answer.json?.['next'] as string | null
    }
    expect(sent).toHaveLength(12)
    expect((await stage.waiting('ordered')).map(({ body }) => String(body))).toEqual(
      Array.from({ length: 12 }, (_, n) => String(n)),
    )
    expect(await stage.dead('ordered')).toEqual([])
    const none = await stage.ask('resubmit-dead-letters', { queue: 'ordered' }, { json: { reason: 'Other' } })
    expect(none.json).toMatchObject({ messages: [], next: null })
  })

  test('that lie behind others are reached, and the others are given back', async () => {
    await stage.deadLetter('plain', ...Array.from({ length: 120 }, (_, n) => ({ body: bytes(String(n)) })))
    const answer = await stage.ask('resubmit-dead-letter', { queue: 'plain', id: '118' }, { json: {} })
    expect(answer.json).toMatchObject({ messages: [{ outcome: 'sent' }] })
    const [again] = await stage.bus.peek({ queue: 'plain', isDeadLetter: true }, { messagesMax: 1 })
    expect(again?.sequenceNumber).toBe(1n)
    const next = await stage.ask('resubmit-dead-letter', { queue: 'plain', id: '1' }, { json: {} })
    expect(next.json).toMatchObject({ messages: [{ outcome: 'sent' }] })
    expect(await stage.dead('plain')).toHaveLength(118)
  })

  test('are discarded on record', async () => {
    await stage.deadLetter('plain', { body: bytes('a') }, { body: bytes('b') }, { body: bytes('c') })
    const one = await stage.ask('discard-dead-letter', { queue: 'plain', id: '2' }, { json: {} })
    expect(one.json).toMatchObject({ messages: [{ id: '2', outcome: 'discarded' }] })
    expect(await idsOf('plain')).toEqual(['1', '3'])
    const all = await stage.ask('discard-dead-letters', { queue: 'plain' }, { json: {} })
    expect(all.json).toMatchObject({ messages: [{ outcome: 'discarded' }, { outcome: 'discarded' }] })
    expect(await stage.dead('plain')).toEqual([])
    expect(await stage.waiting('plain')).toEqual([])
    expect(await stage.actions()).toMatchObject([
      { action: 'discard-dead-letter', target: 'plain', detail: 'dead letter 2' },
      { action: 'discard-dead-letters', target: 'plain', detail: 'dead letters 1, 3' },
    ])
  })
})

describe('what goes wrong with a dead letter loses nothing', () => {
  test('an id that is not there, and a queue that is not there', async () => {
    for (const name of ['show-dead-letter', 'resubmit-dead-letter', 'discard-dead-letter']) {
      const options = name.startsWith('show') ? {} : { json: {} }
      const missing = await stage.ask(name, { queue: 'plain', id: '7' }, options)
      expect([missing.status, missing.json?.['code']]).toEqual([404, 'DEAD_LETTER_NOT_FOUND'])
      const nowhere = await stage.ask(name, { queue: 'nowhere', id: '7' }, options)
      expect([nowhere.status, nowhere.json?.['code']]).toEqual([404, 'QUEUE_NOT_FOUND'])
    }
  })

  test('a lost answer to the request: the second is answered 404, and sends nothing', async () => {
    await stage.deadLetter('plain', { body: bytes('a') })
    await stage.ask('resubmit-dead-letter', { queue: 'plain', id: '1' }, { json: {} })
    const again = await stage.ask('resubmit-dead-letter', { queue: 'plain', id: '1' }, { json: {} })
    expect(again.status).toBe(404)
    expect(await stage.waiting('plain')).toHaveLength(1)
  })

  test('the connection drops when it is sent: it is sent, or it is there still', async () => {
    await stage.deadLetter('plain', { body: bytes('a') }, { body: bytes('b') })
    stage.broker.faults.set({
      rules: [{ on: 'send', action: 'drop-connection', after: true, queue: 'plain', times: 5 }],
    })
    const lost = await stage.ask('resubmit-dead-letters', { queue: 'plain' }, { json: {} })
    stage.broker.faults.set({ rules: [] })
    expect(lost.json?.['code']).toBe('SERVICE_BUS_UNAVAILABLE')
    const bodies = [...(await stage.waiting('plain')), ...(await stage.dead('plain'))].map(({ body }) =>
      String(body),
    )
    expect(new Set(bodies)).toEqual(new Set(['a', 'b']))
  })

  test('its lock ends before it is removed: it stays, and the answer says so', async () => {
    await stage.deadLetter('plain', { body: bytes('a') })
    stage.broker.faults.set({ rules: [{ on: 'settle', action: 'lose-lock', times: 1 }] })
    const answer = await stage.ask('resubmit-dead-letter', { queue: 'plain', id: '1' }, { json: {} })
    expect(answer.json).toMatchObject({ messages: [{ id: '1', outcome: 'stays' }] })
    expect(await stage.dead('plain')).toHaveLength(1)
    expect(await stage.waiting('plain')).toHaveLength(1)
  })

  test('PostgreSQL is away when it is to be recorded: it was sent, and is there still', async () => {
    await stage.deadLetter('plain', { body: bytes('a') })
    const admin = await stage.database.client('admin')
    await admin.query('revoke insert on trickle_operations_audit.actions from trickle_operator')
    const columns =
      'request_id, action, outcome, issuer, subject, application, tenant_id, target, detail, trace_id'
    await admin.query(`revoke insert (${columns}) on trickle_operations_audit.actions from trickle_operator`)
    const failed = await stage.ask('resubmit-dead-letter', { queue: 'plain', id: '1' }, { json: {} })
    expect(failed.status).toBeGreaterThanOrEqual(500)
    await admin.query(`grant insert (${columns}) on trickle_operations_audit.actions to trickle_operator`)
    expect(await stage.dead('plain')).toHaveLength(1)
    const again = await stage.ask('resubmit-dead-letter', { queue: 'plain', id: '1' }, { json: {} })
    expect(again.json).toMatchObject({ messages: [{ outcome: 'sent' }] })
    expect(await stage.dead('plain')).toEqual([])
    expect(await stage.waiting('plain')).toHaveLength(2)
    expect(await stage.actions()).toHaveLength(1)
  })
})
