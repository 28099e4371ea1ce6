import { beforeEach, expect, it } from 'vitest'
import { operationRoutes } from '../../../functions/operations/routes.ts'
import type { OperationServices } from '../../../functions/operations/services.ts'
import { TrickleError } from '../../../shared/errors/index.ts'
import type { SealKeyState } from '../../../shared/event-store/index.ts'
import { callerOf } from './support.ts'

const key: SealKeyState = {
  id: '5f3a90c1',
  state: 'sealing',
  sealsFrom: '2026-11-21T17:36:57Z',
  reason: 'the log begins',
  addedAt: '2026-11-21T17:35:57Z',
}

let calls: unknown[][]
let refusal: TrickleError | null
let replayed: boolean

/** Answers as the service does, without a database. */
const sealKeyOperations = {
  list: () => Promise.resolve([key]),
  async add(reason: string, idempotency: { key: string } | null = null) {
    calls.push(['add', reason, idempotency?.key])
    if (refusal !== null) throw refusal
    return Promise.resolve({ result: { ...key, reason, state: 'waiting' as const }, replayed })
  },
  async remove(id: string, idempotency: { key: string } | null = null) {
    calls.push(['remove', id, idempotency?.key])
    if (refusal !== null) throw refusal
    return Promise.resolve({ result: { removed: id }, replayed })
  },
} as OperationServices['sealKeyOperations']

const call = callerOf(
  operationRoutes(() => ({
    sealKeyOperations,
    clock: undefined as never,
    logOperations: undefined as never,
    operatorActions: undefined as never,
    subscriptionOperations: undefined as never,
  })),
)

beforeEach(() => {
  calls = []
  refusal = null
  replayed = false
})

it('lists the keys, without a secret', async () => {
  const { status, json } = await call('list-seal-keys')
  expect([status, json]).toEqual([200, { keys: [key] }])
})

it('adds a key, once for its idempotency key', async () => {
  const request = { json: { reason: 'once a year' }, headers: { 'idempotency-key': 'k-1' } }
  const first = await call('add-seal-key', request)
  expect([first.status, first.json?.['reason']]).toEqual([201, 'once a year'])
  replayed = true
  const again = await call('add-seal-key', request)
  expect(again.headers.get('idempotency-replayed')).toBe('true')
  expect(calls).toEqual([
    ['add', 'once a year', 'http:k-1'],
    ['add', 'once a year', 'http:k-1'],
  ])
})

it('removes a key, or says why not', async () => {
  const request = { params: { keyId: key.id } }
  const done = await call('remove-seal-key', request)
  expect([done.status, done.json]).toEqual([200, { removed: key.id }])
  for (const [code, status] of [
    ['SEAL_KEY_NEEDED', 409],
    ['SEAL_KEY_NOT_FOUND', 404],
  ] as const) {
    refusal = new TrickleError(code, 'no')
    const refused = await call('remove-seal-key', request)
    expect([refused.status, refused.json?.['code']]).toEqual([status, code])
  }
})

it.each([
  ['add-seal-key', { json: {} }],
  ['add-seal-key', { json: { reason: '' } }],
  ['add-seal-key', { json: { reason: 'x'.repeat(501) } }],
  ['add-seal-key', { json: { reason: 'x', secret: '00' } }],
  ['remove-seal-key', { params: { keyId: '5F3A90C1' } }],
  ['remove-seal-key', { params: { keyId: 'nonsense' } }],
])('%s refuses %j, and does nothing', async (name, request) => {
  const { status, json } = await call(name, request)
  expect([status, json?.['code']]).toEqual([400, 'VALIDATION_FAILED'])
  expect(calls).toEqual([])
})
