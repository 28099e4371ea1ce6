import { beforeEach, describe, expect, it } from 'vitest'
import { operationRoutes } from '../../../functions/operations/routes.ts'
import { callerOf, RecordedOperations, subscription } from './support.ts'
import type { RequestOptions } from './support.ts'
import type { Answer } from '../../shared/http/harness.ts'

let operations: RecordedOperations
let call: (name: string, options?: RequestOptions) => Promise<Answer>

const nobody = new Proxy({}, { get: () => () => Promise.reject(new Error('not asked here')) }) as never
const [clock, logOperations, operatorActions, sealKeyOperations] = [nobody, nobody, nobody, nobody]
const orders = { params: { name: 'orders' } }

beforeEach(() => {
  operations = new RecordedOperations()
  call = callerOf(
    operationRoutes(() => ({
      subscriptionOperations: operations,
      clock,
      logOperations,
      operatorActions,
      sealKeyOperations,
    })),
  )
})

describe('subscriptions, for an operator', () => {
  it('are listed and looked at, with 64-bit numbers as they are', async () => {
    const list = await call('list-subscriptions')
    expect([list.status, list.json]).toEqual([200, { subscriptions: [subscription()] }])
    const one = await call('get-subscription', orders)
    expect([one.status, one.json]).toEqual([200, subscription()])
  })

  it.each([
    ['pause-subscription', 'running', 'paused', ['pause', 'orders']],
    ['resume-subscription', 'stopped', 'running', ['resume', 'orders']],
    ['reset-subscription', 'paused', 'paused', ['reset', 'orders']],
  ] as const)('%s', async (name, before, after, noted) => {
    operations.status = subscription({ state: before })
    const answer = await call(name, orders)
    expect([answer.status, answer.json?.['state']]).toEqual([200, after])
    expect(operations.calls).toEqual([noted])
  })

  it.each([
    [{ kind: 'beginning' }, { kind: 'beginning' }],
    [{ kind: 'end' }, { kind: 'end' }],
    [{ kind: 'epoch-began' }, { kind: 'epoch-began' }],
    [
      { kind: 'checkpoint', xid: '9223372036854775807', position: '0' },
      { kind: 'checkpoint', xid: 9_223_372_036_854_775_807n, position: 0n },
    ],
  ])('go on from %j', async (json, at) => {
    operations.status = subscription({ state: 'stopped' })
    expect((await call('resume-subscription-at', { ...orders, json })).status).toBe(200)
    expect(operations.calls).toEqual([['resumeAt', at, 'orders']])
  })

  it.each([
    { kind: 'checkpoint', xid: '9223372036854775808', position: '0' },
    { kind: 'checkpoint', xid: '-1', position: '0' },
    { kind: 'checkpoint', xid: 5, position: '0' },
    { kind: 'checkpoint', xid: '5' },
    { kind: 'end', xid: '5' },
    { kind: 'middle' },
    {},
  ])('do not go on from %j', async (json) => {
    operations.status = subscription({ state: 'stopped' })
    const answer = await call('resume-subscription-at', { ...orders, json })
    expect([answer.status, answer.json?.['code']]).toEqual([400, 'VALIDATION_FAILED'])
    expect(operations.calls).toEqual([])
  })

  it('are shared by 1 to 16 members', async () => {
    for (const members of [0, 17, 1.5, '4'])
      expect((await call('resize-subscription', { ...orders, json: { members } })).status).toBe(400)
    const answer = await call('resize-subscription', { ...orders, json: { members: 16 } })
    expect([answer.status, answer.json?.['targetMembers']]).toEqual([200, 16])
    expect(operations.calls).toEqual([['resize', 16, 'orders']])
  })

  it('tell why something is not done', async () => {
    const unknown = await call('pause-subscription', { params: { name: 'nobody' } })
    expect([unknown.status, unknown.json?.['code']]).toEqual([404, 'SUBSCRIPTION_NOT_FOUND'])
    const running = await call('reset-subscription', orders)
    expect([running.status, running.json?.['code']]).toEqual([409, 'SUBSCRIPTION_STATE_CONFLICT'])
  })

  it('keep no receipts, so a key that would promise one is refused', async () => {
    const answer = await call('pause-subscription', { ...orders, headers: { 'idempotency-key': 'k' } })
    expect(answer.json?.['code']).toBe('INVALID_IDEMPOTENCY_KEY')
    expect(operations.calls).toEqual([])
  })
})

describe('parked events, for an operator', () => {
  it('are listed in pages', async () => {
    const first = await call('list-parked-events', { ...orders, query: '?limit=1' })
    expect(first.json).toMatchObject({ events: [{ parkedId: '41', error: 'no such account' }], next: '41' })
    expect(first.headers.get('link')).toBe(
      '</api/operations/subscriptions/orders/parked?after=41&limit=1>; rel="next"',
    )
    const last = await call('list-parked-events', { ...orders, query: '?after=41' })
    expect([last.json, last.headers.get('link')]).toEqual([{ events: [], next: null }, null])
    expect(operations.calls).toEqual([
      ['parked', { limit: 1 }, 'orders'],
      ['parked', { after: '41', limit: 100 }, 'orders'],
    ])
  })

  it.each(['replay', 'skip'])('can be %s-ed, by an id that is there', async (verb) => {
    const answer = await call(`${verb}-parked-event`, { params: { name: 'orders', parkedId: '41' } })
    expect([answer.status, answer.text]).toEqual([204, ''])
    expect(operations.calls).toEqual([[verb, '41', 'orders']])
    const unknown = await call(`${verb}-parked-event`, { params: { name: 'orders', parkedId: '42' } })
    expect([unknown.status, unknown.json?.['code']]).toEqual([404, 'PARKED_EVENT_NOT_FOUND'])
    const none = await call(`${verb}-parked-event`, { params: { name: 'orders', parkedId: '1e3' } })
    expect([none.status, none.json?.['code']]).toEqual([400, 'VALIDATION_FAILED'])
  })
})

describe('all parked events, for an operator', () => {
  const replay = (json: unknown) => call('replay-parked-events', { ...orders, json })

  it('are handled again, call by call, each with a limit and a count', async () => {
    const first = await replay({})
    expect([first.status, first.json]).toEqual([200, { replayed: 100, next: '41' }])
    expect((await replay({ after: '41', limit: 1_000 })).json).toEqual({ replayed: 1, next: null })
    expect(operations.calls).toEqual([
      ['replayAll', { limit: 100 }, 'orders'],
      ['replayAll', { after: '41', limit: 1_000 }, 'orders'],
    ])
  })

  it.each([{ limit: 0 }, { limit: 1_001 }, { after: '1e3' }, { all: true }])('not with %j', async (json) => {
    const answer = await replay(json)
    expect([answer.status, answer.json?.['code']]).toEqual([400, 'VALIDATION_FAILED'])
    expect(operations.calls).toEqual([])
  })
})

describe('every route of operations', () => {
  const routes = operationRoutes(() => ({
    subscriptionOperations: operations,
    clock,
    logOperations,
    operatorActions,
    sealKeyOperations,
  }))
  it.each(routes.map((route) => route.name))('%s is for operators only', async (name) => {
    const params = { name: 'orders', parkedId: '41' }
    expect((await call(name, { params, roles: null })).json?.['code']).toBe('TOKEN_MISSING')
    expect((await call(name, { params, roles: 'admin@acme' })).json?.['code']).toBe('ROLE_MISSING')
    expect(operations.calls).toEqual([])
  })
})
