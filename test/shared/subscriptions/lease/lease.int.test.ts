import { randomUUID } from 'node:crypto'
import type { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Database } from '../../../../shared/postgres/index.ts'
import { Lease } from '../../../../shared/subscriptions/index.ts'
import type { FeedPosition } from '../../../../shared/subscriptions/index.ts'
import { createDatabase } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'
import { mutateFunction } from '../../../support/mutate.ts'
import { endWait, expireLease, subscriptionRow } from '../support.ts'
import { eventually } from '../../../support/eventually.ts'

let database: TestDatabase
let admin: Client
let pool: Database

beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
  pool = database.pool('trickle_forwarder', 5)
})
afterAll(() => database.drop())
afterEach(() => vi.useRealTimers())

const point = (xid: number, position: number): FeedPosition => ({
  xid: BigInt(xid),
  position: BigInt(position),
})

async function held(name: string, on: Database = pool): Promise<Lease> {
  const lease = await Lease.acquire(on, name)
  if (typeof lease === 'string') throw new Error(`the lease of ${name} is not to be had: ${lease}`)
  return lease
}
const lost = { code: 'LEASE_LOST', retryable: true }

describe('a lease', () => {
  it('of a new subscription begins at the beginning of the log', async () => {
    const lease = await held('new')
    const { rows } = await admin.query<{ epoch: string }>(
      'select epoch from trickle_events_log.current_epoch()',
    )
    expect(lease).toMatchObject({ fence: 1n, failures: 0, epoch: rows[0]?.epoch })
    expect(lease.checkpoint).toEqual(point(0, 0))
  })

  it('is held by one of many who ask at once, also for a subscription that is new to all of them', async () => {
    for (const name of ['raced', 'raced']) {
      const asked = await Promise.all(Array.from({ length: 10 }, () => Lease.acquire(pool, name)))
      const leases = asked.filter((outcome) => typeof outcome !== 'string')
      expect(leases).toHaveLength(1)
      expect(asked.filter((outcome) => outcome === 'busy')).toHaveLength(9)
      await leases[0]?.release()
    }
  })

  it('passes on with a higher fence when it is released or has ended', async () => {
    const first = await held('passed-on')
    expect(await Lease.acquire(pool, 'passed-on')).toBe('busy')
    await first.release()
    const second = await held('passed-on')
    await expireLease(admin, 'passed-on')
    const third = await held('passed-on')
    expect([first.fence, second.fence, third.fence]).toEqual([1n, 2n, 3n])
  })

  it('of one subscription says nothing of another', async () => {
    await held('left')
    expect((await held('right')).fence).toBe(1n)
  })

  it('moves the checkpoint, and the next holder goes on from there', async () => {
    const lease = await held('moving')
    await lease.advance(point(5, 3))
    await lease.advance(point(5, 4))
    await lease.advance(point(6, 1))
    expect(lease.checkpoint).toEqual(point(6, 1))
    await lease.release()
    expect((await held('moving')).checkpoint).toEqual(point(6, 1))
  })

  it('never moves the checkpoint back', async () => {
    const lease = await held('forward-only')
    await lease.advance(point(5, 3))
    for (const back of [point(5, 2), point(4, 9)])
      await expect(lease.advance(back)).rejects.toMatchObject(lost)
    expect(await subscriptionRow(admin, 'forward-only')).toMatchObject({ xid: '5', position: '3' })
  })

  it('is renewed for as long as a step takes', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const lease = await held('long-step')
    const stop = lease.startHeartbeat()
    await expireLease(admin, 'long-step')
    await vi.advanceTimersByTimeAsync(Lease.durationMs / 3)
    await eventually(() => Lease.acquire(pool, 'long-step')).toBe('busy')
    stop()
    await expireLease(admin, 'long-step')
    await vi.advanceTimersByTimeAsync(Lease.durationMs)
    expect((await held('long-step')).fence).toBeGreaterThan(lease.fence)
  })
})

describe('a holder who was thought dead', () => {
  it('has no further effect: it knows by its heartbeat, or asks when its time is over', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
    const [told, unsure] = [await held('told'), await held('unsure')]
    const stop = told.startHeartbeat()
    for (const name of ['told', 'unsure']) {
      await expireLease(admin, name)
      await held(name)
    }
    // Nobody can know yet, and nobody is asked.
    await told.assertHeld()
    await vi.advanceTimersByTimeAsync(Lease.durationMs / 3)
    await eventually(() => told.signal.aborted).toBe(true)
    await expect(told.assertHeld()).rejects.toMatchObject(lost)
    stop()
    await unsure.assertHeld()
    await vi.advanceTimersByTimeAsync(Lease.durationMs)
    await expect(unsure.assertHeld()).rejects.toMatchObject(lost)
  })

  it('neither renews, advances nor releases what another has taken over', async () => {
    const stale = await held('taken')
    await expireLease(admin, 'taken')
    const fresh = await held('taken')
    const before = await subscriptionRow(admin, 'taken')
    await expect(stale.renew()).rejects.toMatchObject(lost)
    await expect(stale.advance(point(9, 9))).rejects.toMatchObject(lost)
    await stale.release()
    await stale.releaseFailed(new Error('too late'))
    expect(await subscriptionRow(admin, 'taken')).toEqual(before)
    await fresh.advance(point(1, 1))
    expect(await Lease.acquire(pool, 'taken')).toBe('busy')
  })

  it('may go on as long as nobody has taken over', async () => {
    const slow = await held('only-slow')
    await expireLease(admin, 'only-slow')
    await slow.renew()
    await slow.advance(point(2, 2))
    expect(await Lease.acquire(pool, 'only-slow')).toBe('busy')
  })

  it('does nothing after its own release', async () => {
    const lease = await held('released')
    await lease.release()
    await expect(lease.renew()).rejects.toMatchObject(lost)
    await expect(lease.advance(point(1, 1))).rejects.toMatchObject(lost)
  })

  it('would overwrite the checkpoint, without the fence', async () => {
    const throwaway = await createDatabase()
    const throwawayAdmin = await throwaway.client('admin')
    await mutateFunction(throwawayAdmin, 'trickle_subscriptions_state.advance', 'm.fence = p_fence', 'true')
    const forwarder = throwaway.pool('trickle_forwarder')
    const stale = await held('taken', forwarder)
    await expireLease(throwawayAdmin, 'taken')
    await held('taken', forwarder)
    await stale.advance(point(9, 9))
    expect(await subscriptionRow(throwawayAdmin, 'taken')).toMatchObject({ xid: '9' })
    await throwaway.drop()
  })
})

describe('a failure', () => {
  it('is noted, and puts the next attempt off, twice as long each time up to a minute', async () => {
    const ceilings = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]
    for (const [failures, ceilingMs] of ceilings.entries()) {
      const lease = await held('failing')
      expect(lease.failures).toBe(failures)
      await lease.releaseFailed(new Error(`failure ${failures}`))
      const row = await subscriptionRow(admin, 'failing')
      expect(row).toMatchObject({
        failures: failures + 1,
        error: `failure ${failures}`,
        lease_owner: null,
        lease_ms: null,
      })
      expect(row.retry_ms).toBeGreaterThanOrEqual(ceilingMs / 2 - 1)
      expect(row.retry_ms).toBeLessThanOrEqual(ceilingMs + 1)
      expect(await Lease.acquire(pool, 'failing')).toBe('waiting')
      await endWait(admin, 'failing')
    }
  })

  it('is forgotten when the checkpoint moves, also for the wait after the next one', async () => {
    for (let failure = 0; failure < 5; failure += 1) {
      await (await held('recovering')).releaseFailed(new Error('again'))
      await endWait(admin, 'recovering')
    }
    const lease = await held('recovering')
    await lease.advance(point(1, 1))
    expect(await subscriptionRow(admin, 'recovering')).toMatchObject({
      failures: 0,
      error: null,
      retry_ms: null,
    })
    await lease.releaseFailed(new Error('a new one'))
    const row = await subscriptionRow(admin, 'recovering')
    expect(row.failures).toBe(1)
    expect(row.retry_ms).toBeLessThanOrEqual(1_001)
  })

  it('is not forgotten by a release without one', async () => {
    await (await held('half-way')).releaseFailed(new Error('once'))
    await endWait(admin, 'half-way')
    await (await held('half-way')).release()
    expect(await subscriptionRow(admin, 'half-way')).toMatchObject({ failures: 1, error: 'once' })
  })

  it('of any length and kind can be noted', async () => {
    await (await held('long')).releaseFailed(new Error('x'.repeat(10_000)))
    expect((await subscriptionRow(admin, 'long')).error).toHaveLength(2_000)
    await (await held('odd')).releaseFailed('a text')
    expect((await subscriptionRow(admin, 'odd')).error).toBe('a text')
  })
})

describe('a subscription', () => {
  it.each(['paused', 'stopped'])('that is %s is not worked on', async (state) => {
    const name = `state-${state}`
    const lease = await held(name)
    await admin.query('update trickle_subscriptions_state.subscriptions set state = $2 where name = $1', [
      name,
      state,
    ])
    await expect(lease.renew()).rejects.toMatchObject(lost)
    await lease.release()
    expect(await Lease.acquire(pool, name)).toBe(state)
  })

  it('stops when the log begins a new epoch, and stays stopped', async () => {
    const throwaway = await createDatabase()
    const throwawayAdmin = await throwaway.client('admin')
    const forwarder = throwaway.pool('trickle_forwarder')
    await (await held('old', forwarder)).release()
    await throwawayAdmin.query("insert into trickle_events_log.epochs (reason) values ('a restore')")
    expect(await Lease.acquire(forwarder, 'old')).toBe('stopped')
    expect(await subscriptionRow(throwawayAdmin, 'old')).toMatchObject({
      state: 'stopped',
      error: expect.stringContaining('epoch') as string,
      fence: '1',
    })
    expect(await Lease.acquire(forwarder, 'old')).toBe('stopped')
    expect((await held(randomUUID(), forwarder)).fence).toBe(1n)
    await throwaway.drop()
  })

  it('is stopped by the holder of the lease only; paused meanwhile, it stays paused', async () => {
    const stop = async (fence: bigint): Promise<unknown> => {
      const text = "select trickle_subscriptions_state.stop('ending', 0, $1, 'why') as is_held"
      return (await admin.query<{ is_held: boolean }>(text, [String(fence)])).rows[0]?.is_held
    }
    const lease = await held('ending')
    expect(await stop(lease.fence - 1n)).toBe(false)
    expect(await subscriptionRow(admin, 'ending')).toMatchObject({ state: 'running', error: null })
    await admin.query(
      "update trickle_subscriptions_state.subscriptions set state = 'paused' where name = 'ending'",
    )
    expect(await stop(lease.fence)).toBe(true)
    expect(await subscriptionRow(admin, 'ending')).toMatchObject({ state: 'paused', error: 'why' })
    await admin.query(
      "update trickle_subscriptions_state.subscriptions set state = 'running' where name = 'ending'",
    )
    expect(await stop(lease.fence)).toBe(true)
    expect(await subscriptionRow(admin, 'ending')).toMatchObject({ state: 'stopped', error: 'why' })
  })

  it('is changed by nobody but by these functions', async () => {
    const client = await database.client('trickle_forwarder')
    for (const text of [
      "insert into trickle_subscriptions_state.subscriptions (name, epoch) values ('x', gen_random_uuid())",
      'update trickle_subscriptions_state.members set position = 0',
      'delete from trickle_subscriptions_state.subscriptions',
    ]) {
      await expect(client.query(text)).rejects.toMatchObject({ code: '42501' })
    }
  })
})
