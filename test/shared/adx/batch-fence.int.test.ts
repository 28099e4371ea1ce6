import type { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDatabase, type TestDatabase } from '../../support/database.ts'
import { mutateFunction } from '../../support/mutate.ts'
import { until } from '../postgres/support.ts'
import { expireLease } from '../subscriptions/support.ts'

const NAME = 'fenced'
const FIRST = '11111111-1111-4111-8111-111111111111'
const SECOND = '22222222-2222-4222-8222-222222222222'
const EPOCH = '6ba7b810-9dad-41d1-80b4-00c04fd430c8'

let database: TestDatabase
let admin: Client
let stale: Client
let fresh: Client

beforeEach(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
  stale = await database.client('trickle_forwarder')
  fresh = await database.client('trickle_forwarder')
})
afterEach(() => database.drop())

async function acquire(client: Client): Promise<string> {
  const { rows } = await client.query<{ fence: string }>(
    'select fence from trickle_subscriptions_state.acquire($1, gen_random_uuid()::text, 60000)',
    [NAME],
  )
  return rows[0]?.fence ?? ''
}

const answer = async (client: Client, text: string, values: unknown[]): Promise<boolean> => {
  const { rows } = await client.query<[boolean]>({ text: `select ${text}`, values, rowMode: 'array' })
  return rows[0]?.[0] ?? false
}

const seal = (client: Client, fence: string, batchId = FIRST, from = 0, to = 10): Promise<boolean> =>
  answer(
    client,
    "trickle_analytics_outbox.seal($1, $2, $3, $4, '0', $5, '0', $6, 1, 1, 'hash', 'blob', 'tag')",
    [fence, batchId, NAME, EPOCH, from, to],
  )
const complete = (client: Client, fence: string, batchId = FIRST): Promise<boolean> =>
  answer(client, 'trickle_analytics_outbox.complete($1, $2, 60000)', [fence, batchId])

async function states(): Promise<string[]> {
  const { rows } = await admin.query<[string]>({
    text: 'select state from trickle_analytics_outbox.batches order by sealed_at',
    rowMode: 'array',
  })
  return rows.flat()
}

/** Another has taken over. */
async function takeOver(): Promise<{ old: string; current: string }> {
  const old = await acquire(stale)
  await expireLease(admin, NAME)
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
    await expireLease(admin, NAME)
    const current = await acquire(fresh)
    expect(await complete(stale, old)).toBe(false)
    expect(await states()).toEqual(['sealed'])
    expect(await complete(fresh, current)).toBe(true)
    expect(await complete(fresh, current)).toBe(false)
    expect(await states()).toEqual(['sent'])
  })

  it('does not seal in the moment of the take-over either', async () => {
    const old = await acquire(stale)
    await expireLease(admin, NAME)
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
    await expireLease(admin, NAME)
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
    expect(await seal(stale, fence, FIRST, 5)).toBe(false)
    expect(await seal(stale, fence)).toBe(true)
    await expect(seal(stale, fence, SECOND)).rejects.toMatchObject({ code: '23505' })
    expect(await complete(stale, fence)).toBe(true)
    expect(await seal(stale, fence, SECOND, 0)).toBe(false)
    expect(await seal(stale, fence, SECOND, 10, 20)).toBe(true)
    expect(await states()).toEqual(['sent', 'sealed'])
  })

  it('without its fence would let the dead write', async () => {
    await mutateFunction(admin, 'trickle_analytics_outbox.seal', 's.fence = p_fence', 'true')
    const { old } = await takeOver()
    expect(await seal(stale, old)).toBe(true)
  })

  it('that does not hold the subscription would be late in the moment of the take-over', async () => {
    await mutateFunction(admin, 'trickle_analytics_outbox.seal', 'for share of s', '')
    const old = await acquire(stale)
    await expireLease(admin, NAME)
    await fresh.query('begin')
    await acquire(fresh)
    expect(await seal(stale, old)).toBe(true)
    await fresh.query('commit')
  })
})
