import { randomUUID } from 'node:crypto'
import type { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { createDatabase } from '../../support/database.ts'
import type { TestDatabase } from '../../support/database.ts'
import { mutateFunction } from '../../support/mutate.ts'
import { until } from '../postgres/support.ts'
import { expireLease } from '../subscriptions/support.ts'

const EPOCH = '6ba7b810-9dad-41d1-80b4-00c04fd430c8'

let database: TestDatabase
let admin: Client
let stale: Client
let fresh: Client
/** A subscription of each test's own, and the ids of its batches. */
let subscription: string
let firstBatch: string
let secondBatch: string

async function connect(to: TestDatabase): Promise<void> {
  admin = await to.client('admin')
  stale = await to.client('trickle_forwarder')
  fresh = await to.client('trickle_forwarder')
}

beforeAll(async () => {
  database = await createDatabase()
  await connect(database)
})
afterAll(() => database.drop())
beforeEach(() => {
  subscription = randomUUID()
  firstBatch = randomUUID()
  secondBatch = randomUUID()
})

async function acquire(client: Client): Promise<string> {
  const { rows } = await client.query<{ fence: string }>(
    'select fence from trickle_subscriptions_state.acquire($1, 0, gen_random_uuid()::text, 60000)',
    [subscription],
  )
  return rows[0]?.fence ?? ''
}

const answer = async (client: Client, text: string, values: unknown[]): Promise<boolean> => {
  const { rows } = await client.query<[boolean]>({ text: `select ${text}`, values, rowMode: 'array' })
  return rows[0]?.[0] ?? false
}

const seal = (client: Client, fence: string, batchId = firstBatch, from = 0, to = 10): Promise<boolean> =>
  answer(
    client,
    "trickle_analytics_outbox.seal($1, $2, $3, $4, '0', $5, '0', $6, 1, 1, 'hash', 'blob', 'tag')",
    [fence, batchId, subscription, EPOCH, from, to],
  )
const complete = (client: Client, fence: string, batchId = firstBatch): Promise<boolean> =>
  answer(client, 'trickle_analytics_outbox.complete($1, $2, 60000)', [fence, batchId])

async function states(): Promise<string[]> {
  const { rows } = await admin.query<[string]>({
    text: 'select state from trickle_analytics_outbox.batches where subscription = $1 order by sealed_at',
    values: [subscription],
    rowMode: 'array',
  })
  return rows.flat()
}

/** Another has taken over. */
async function takeOver(): Promise<{ old: string; current: string }> {
  const old = await acquire(stale)
  await expireLease(admin, subscription)
  return { old, current: await acquire(fresh) }
}

describe('a holder who was thought dead', () => {
  it('does not seal', async () => {
    const { old, current } = await takeOver()
    expect(await seal(stale, old)).toBe(false)
    expect(await states()).toEqual([])
    expect(await seal(fresh, current)).toBe(true)
  })

  it('does not complete, and the checkpoint stays', async () => {
    const old = await acquire(stale)
    expect(await seal(stale, old)).toBe(true)
    await expireLease(admin, subscription)
    const current = await acquire(fresh)
    expect(await complete(stale, old)).toBe(false)
    expect(await states()).toEqual(['sealed'])
    expect(await complete(fresh, current)).toBe(true)
    expect(await complete(fresh, current)).toBe(false)
    expect(await states()).toEqual(['sent'])
  })

  it('does not seal in the moment of the take-over either', async () => {
    const old = await acquire(stale)
    await expireLease(admin, subscription)
    await fresh.query('begin')
    await acquire(fresh)
    const sealing = seal(stale, old)
    const waiting = until(
      admin,
      'select exists (select from pg_locks where not granted and pid <> pg_backend_pid())',
    )
    expect(await Promise.race([sealing.then(() => 'sealed'), waiting.then(() => 'waits')])).toBe('waits')
    await fresh.query('commit')
    expect(await sealing).toBe(false)
    expect(await states()).toEqual([])
  })

  it('who seals just before the take-over leaves a batch that the next holder finds', async () => {
    const old = await acquire(stale)
    await expireLease(admin, subscription)
    await stale.query('begin')
    expect(await seal(stale, old)).toBe(true)
    const acquiring = acquire(fresh)
    await until(admin, 'select exists (select from pg_locks where not granted and pid <> pg_backend_pid())')
    await stale.query('commit')
    const current = await acquiring
    expect(await states()).toEqual(['sealed'])
    expect(await complete(fresh, current)).toBe(true)
  })
})

describe('a seal', () => {
  it('is refused where the checkpoint is not, and while a batch is open', async () => {
    const fence = await acquire(stale)
    expect(await seal(stale, fence, firstBatch, 5)).toBe(false)
    expect(await seal(stale, fence)).toBe(true)
    await expect(seal(stale, fence, secondBatch)).rejects.toMatchObject({ code: '23505' })
    expect(await complete(stale, fence)).toBe(true)
    expect(await seal(stale, fence, secondBatch, 0)).toBe(false)
    expect(await seal(stale, fence, secondBatch, 10, 20)).toBe(true)
    expect(await states()).toEqual(['sent', 'sealed'])
  })
})

describe('a guard', () => {
  /** The same in a throwaway database, without a piece of the function. */
  async function withoutPiece(piece: string, replacement: string): Promise<void> {
    const throwaway = await createDatabase()
    await connect(throwaway)
    onTestFinished(async () => {
      await throwaway.drop()
      await connect(database)
    })
    await mutateFunction(admin, 'trickle_subscriptions_state.hold_checkpoint', piece, replacement)
  }

  it('is the fence: without it the dead would seal', async () => {
    await withoutPiece('m.fence = p_fence', 'true')
    const { old } = await takeOver()
    expect(await seal(stale, old)).toBe(true)
  })

  it('is the hold on the subscription: without it they would seal in the moment of the take-over', async () => {
    await withoutPiece('for share of m', '')
    const old = await acquire(stale)
    await expireLease(admin, subscription)
    await fresh.query('begin')
    await acquire(fresh)
    expect(await seal(stale, old)).toBe(true)
    await fresh.query('commit')
  })
})
