import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Lease, runSubscription, SubscriptionOperations } from '../../../../shared/subscriptions/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { mutateFunction } from '../../../support/mutate.ts'
import { ample, labels, openStage, Recorder, runToEnd } from '../group-support.ts'
import type { Stage } from '../group-support.ts'
import { subscriptionRow } from '../support.ts'

const STREAMS = 24

let stage: Stage
let tenants: TenantContext[]
let operations: SubscriptionOperations
let versions = 0

beforeAll(async () => {
  stage = await openStage()
  operations = new SubscriptionOperations(stage.operator)
  tenants = [await stage.tenant('acme'), await stage.tenant('bolt')]
})
afterAll(() => stage.database.drop())

/** Adds `count` events to each stream. */
async function appendAll(count: number): Promise<void> {
  versions += count
  for (let n = 0; n < STREAMS; n += 1) {
    const tenant = tenants[n % tenants.length]
    if (tenant !== undefined) await stage.append(tenant, `s${n}`, count)
  }
}

const streams = Array.from({ length: STREAMS }, (_, n) => `s${n}`)
const handledBy = (recorder: Recorder) => streams.map((streamId) => recorder.ofStream(streamId))
const whole = () => streams.map((streamId) => labels(streamId, 1, versions))

describe('a group', () => {
  it('shares the streams among its members, each stream to one of them', async () => {
    await appendAll(10)
    const recorder = new Recorder()
    const subscription = recorder.define('shared')
    await runSubscription(stage.worker, subscription, { timeMs: 60_000, stepsMax: 0 })
    expect(await operations.resize('shared', 4)).toMatchObject({ targetMembers: null })
    expect((await operations.get('shared')).members).toHaveLength(4)
    const { rows } = await stage.admin.query<{ members: number }>(
      'select count(distinct trickle_events_log.part_of(e.tenant_id, e.stream_id, 4))::int as members from trickle_events_log.events e',
    )
    expect(rows).toEqual([{ members: 4 }])
    expect(await runSubscription(stage.worker, subscription, ample)).toMatchObject({
      outcome: 'done',
      events: STREAMS * 10,
    })
    expect(handledBy(recorder)).toEqual(whole())
    expect((await operations.get('shared')).lagEvents).toBe(0)
  })

  it('grows and shrinks at a point that all members have come to, with nothing skipped, doubled or reordered', async () => {
    const recorder = new Recorder()
    const subscription = recorder.define('changing')
    await runToEnd(stage, subscription)
    for (const members of [4, 2, 16, 1]) {
      await appendAll(12)
      // Some members are ahead of others when the size is changed.
      await runSubscription(stage.worker, subscription, { timeMs: 60_000, stepsMax: 1 })
      await appendAll(3)
      await operations.resize('changing', members)
      await runToEnd(stage, subscription)
      await runToEnd(stage, subscription)
      expect(await operations.get('changing')).toMatchObject({ targetMembers: null, lagEvents: 0 })
      expect((await operations.get('changing')).members).toHaveLength(members)
      expect(handledBy(recorder)).toEqual(whole())
    }
  })

  it('waits for a member that is behind, and the others stop at the barrier', async () => {
    const recorder = new Recorder()
    const subscription = recorder.define('behind')
    await runSubscription(stage.worker, subscription, { timeMs: 60_000, stepsMax: 0 })
    await operations.resize('behind', 2)
    // Only one of the members works.
    await stage.admin.query(
      "update trickle_subscriptions_state.members set retry_at = clock_timestamp() + interval '1 hour' where name = 'behind' and member = 1",
    )
    await runSubscription(stage.worker, subscription, ample)
    const handled = recorder.seen.length
    expect(handled).toBeGreaterThan(0)
    expect(await operations.resize('behind', 3)).toMatchObject({ targetMembers: 3 })
    await expect(operations.resize('behind', 5)).rejects.toMatchObject({
      code: 'SUBSCRIPTION_STATE_CONFLICT',
    })
    await appendAll(1)
    expect((await runSubscription(stage.worker, subscription, ample)).outcome).toBe('resizing')
    expect(await Lease.acquire(stage.worker, 'behind', 0)).toBe('resizing')
    expect(recorder.seen).toHaveLength(handled)
    await runToEnd(stage, subscription)
    await runToEnd(stage, subscription)
    expect(handledBy(recorder)).toEqual(whole())
  })

  it('is reset to its new size when a resize was under way', async () => {
    const recorder = new Recorder()
    const subscription = recorder.define('reset')
    await runToEnd(stage, subscription)
    await appendAll(1)
    const lease = await Lease.acquire(stage.worker, 'reset')
    expect((await operations.resize('reset', 3)).targetMembers).toBe(3)
    await (lease as Lease).release()
    await operations.pause('reset')
    expect(await operations.reset('reset')).toMatchObject({ targetMembers: null })
    await operations.resume('reset')
    recorder.seen.length = 0
    await runToEnd(stage, subscription)
    expect(handledBy(recorder)).toEqual(whole())
  })

  it('never uses a fence twice, also for a member that was away', async () => {
    const name = 'shared'
    const lease = await Lease.acquire(stage.worker, name, 3)
    await stage.admin.query(
      'update trickle_subscriptions_state.members set lease_until = null where name = $1',
      [name],
    )
    const { fence } = await subscriptionRow(stage.admin, name, 3)
    for (const members of [1, 4]) {
      await operations.pause(name)
      await operations.reset(name)
      await operations.resume(name)
      await operations.resize(name, members)
    }
    await expect((lease as Lease).renew()).rejects.toMatchObject({ code: 'LEASE_LOST' })
    expect(BigInt((await subscriptionRow(stage.admin, name, 3)).fence)).toBeGreaterThan(BigInt(fence))
  })

  it('of a subscriber that works alone is refused, as is a size that can not be', async () => {
    await ((await Lease.acquire(stage.worker, 'single')) as Lease).release()
    await expect(operations.resize('single', 2)).rejects.toMatchObject({
      code: 'SUBSCRIPTION_STATE_CONFLICT',
    })
    for (const members of [0, 17, 1.5])
      await expect(operations.resize('shared', members)).rejects.toMatchObject({ code: 'VALIDATION_FAILED' })
  })
})

/** A member hands out a page, the size changes in the middle of it, and everything runs to its end. */
async function resizeInPage(name: string): Promise<Recorder> {
  const recorder = new Recorder()
  const subscription = recorder.define(name)
  let isResized = false
  recorder.fail = async () => {
    if (isResized || recorder.seen.length < 20) return
    isResized = true
    await operations.resize(name, 4)
  }
  await runToEnd(stage, subscription)
  await runToEnd(stage, subscription)
  expect((await operations.get(name)).members).toHaveLength(4)
  return recorder
}

describe('a resize while a page is worked on', () => {
  it('puts the barrier after what was handed out', async () => {
    expect(handledBy(await resizeInPage('in-page'))).toEqual(whole())
  })

  it('would have events handled twice or left out without each of its guards', async () => {
    const handedOut = 'm.name = p_name and m.member = p_member and m.fence = p_fence and (m.read_xid'
    await mutateFunction(
      stage.admin,
      'trickle_subscriptions_state.end_page',
      handedOut,
      `false and ${handedOut}`,
    )
    const forgotten = await resizeInPage('forgotten').catch(() => null)
    expect(forgotten === null ? null : handledBy(forgotten)).not.toEqual(whole())
    await mutateFunction(
      stage.admin,
      'trickle_subscriptions_state.end_page',
      `false and ${handedOut}`,
      handedOut,
    )
    expect(handledBy(await resizeInPage('mended'))).toEqual(whole())
    // Without the barrier in a page a member goes on past it, and the group never gets its new size.
    const barrier = 'then v_row.barrier_xid else'
    await mutateFunction(stage.admin, 'trickle_subscriptions_state.begin_page', barrier, 'then null else')
    await stage.append(tenants[0] as TenantContext, 'beyond', 400)
    const members = await resizeInPage('endless').catch(() => 'never')
    expect(members).toBe('never')
  })
})
