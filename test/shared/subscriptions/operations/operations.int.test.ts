import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Lease, runSubscription, SubscriptionOperations } from '../../../../shared/subscriptions/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { ample, labels, openStage, parkedStates, Recorder, runToEnd } from '../group-support.ts'
import type { Stage } from '../group-support.ts'
import { expireLease } from '../support.ts'

let stage: Stage
let acme: TenantContext
let operations: SubscriptionOperations

beforeAll(async () => {
  stage = await openStage()
  acme = await stage.tenant('acme')
  operations = new SubscriptionOperations(stage.operator)
  await stage.append(acme, 'a', 5)
  await stage.append(acme, 'b', 5, 'Other')
})
afterAll(() => stage.database.drop())

const conflict = { code: 'SUBSCRIPTION_STATE_CONFLICT', status: 409 }

/** Has handled everything that is there. */
async function upToDate(name: string): Promise<Recorder> {
  const recorder = new Recorder()
  await runToEnd(stage, recorder.define(name))
  return recorder
}

describe('the status', () => {
  it('shows each subscription by name, its members and how far it lags', async () => {
    await upToDate('status-b')
    await stage.append(acme, 'a', 3)
    const others = new Recorder().define('status-a', { types: ['Other'] })
    await runSubscription(stage.worker, others, { timeMs: 60_000, stepsMax: 0 })
    const [first, second] = await operations.list()
    expect(first).toMatchObject({ name: 'status-a', state: 'running', lagEvents: 5, lagIsLowerBound: false })
    expect(first?.lagSeconds).toBeGreaterThan(0)
    expect(second).toMatchObject({
      name: 'status-b',
      error: null,
      epochIsCurrent: true,
      targetMembers: null,
      lagEvents: 3,
      parkedEvents: 0,
      blockedStreams: 0,
      laggingTenants: 0,
      members: [{ member: 0, leaseUntil: null, failures: 0, retryAt: null, error: null, lagEvents: 3 }],
    })
    await upToDate('status-b')
    expect(await operations.get('status-b')).toMatchObject({ lagEvents: 0, lagSeconds: 0 })
  })

  it('counts up to a limit and says so', async () => {
    const far = new Recorder().define('far')
    await runSubscription(stage.worker, far, { timeMs: 60_000, stepsMax: 0 })
    const { rows } = await stage.admin.query<{ events: string; is_lower_bound: boolean }>(
      "select events, is_lower_bound from trickle_subscriptions_state.member_lag('far', 0, 4)",
    )
    expect(rows).toEqual([{ events: '4', is_lower_bound: true }])
  })

  it('of an unknown subscription is an error, as is everything that is done to it', async () => {
    const missing = { code: 'SUBSCRIPTION_NOT_FOUND', status: 404 }
    await expect(operations.get('none')).rejects.toMatchObject(missing)
    await expect(operations.pause('none')).rejects.toMatchObject(missing)
    await expect(operations.reset('none')).rejects.toMatchObject(missing)
    await expect(operations.resize('none', 2)).rejects.toMatchObject(missing)
    await expect(operations.parked('none', { limit: 1 })).rejects.toMatchObject(missing)
    await expect(operations.skip('none', '1')).rejects.toMatchObject(missing)
    await expect(operations.replay('status-b', 'x')).rejects.toMatchObject({ code: 'PARKED_EVENT_NOT_FOUND' })
    await expect(operations.parked('status-b', { limit: 1, after: 'x' })).rejects.toMatchObject({
      code: 'INVALID_CURSOR',
    })
  })
})

describe('pause and resume', () => {
  it('stop a holder before its next page and let it go on from there, each as often as one likes', async () => {
    await stage.append(acme, 'long', 500)
    const recorder = new Recorder()
    const subscription = recorder.define('paused')
    recorder.fail = async ({ streamId, version }) => {
      if (streamId === 'long' && version === 10) await operations.pause('paused')
    }
    expect((await runSubscription(stage.worker, subscription, ample)).outcome).toBe('busy')
    expect(recorder.seen.length).toBeLessThan(250)
    const handled = recorder.seen.length
    expect((await operations.pause('paused')).state).toBe('paused')
    expect((await runSubscription(stage.worker, subscription, ample)).outcome).toBe('paused')
    expect(recorder.seen).toHaveLength(handled)
    recorder.fail = () => {}
    await operations.resume('paused')
    expect((await operations.resume('paused')).state).toBe('running')
    await runToEnd(stage, subscription)
    expect(recorder.ofStream('long')).toEqual(labels('long', 1, 500))
    expect(new Set(recorder.seen).size).toBe(recorder.seen.length)
  })
})

describe('another place to go on from', () => {
  it('is the beginning after a reset, which leaves the subscription paused', async () => {
    const recorder = await upToDate('reset')
    await expect(operations.reset('reset')).rejects.toMatchObject(conflict)
    await operations.pause('reset')
    expect(await operations.reset('reset')).toMatchObject({
      state: 'paused',
      members: [{ checkpoint: { xid: '0', position: '0' } }],
    })
    await operations.resume('reset')
    const again = await upToDate('reset')
    expect(again.seen).toEqual(recorder.seen)
  })

  it('is refused while somebody may still be at work', async () => {
    await upToDate('held')
    const lease = await Lease.acquire(stage.worker, 'held')
    await operations.pause('held')
    await expect(operations.reset('held')).rejects.toMatchObject(conflict)
    await expireLease(stage.admin, 'held')
    await operations.reset('held')
    // Who was thought dead has lost its fence.
    await expect((lease as Lease).advance({ xid: 1n, position: 1n })).rejects.toMatchObject({
      code: 'LEASE_LOST',
    })
  })

  it('can be the end or a checkpoint', async () => {
    await upToDate('placed')
    const { members } = await operations.get('placed')
    const { xid = '0', position = '0' } = members[0]?.checkpoint ?? {}
    await stage.append(acme, 'a', 1)
    await operations.pause('placed')
    expect(await operations.resumeAt('placed', { kind: 'end' })).toMatchObject({
      state: 'running',
      lagEvents: 0,
    })
    expect((await upToDate('placed')).seen).toEqual([])
    await operations.pause('placed')
    await operations.resumeAt('placed', { kind: 'checkpoint', xid: BigInt(xid), position: BigInt(position) })
    expect((await upToDate('placed')).seen).toHaveLength(1)
    await operations.pause('placed')
    await expect(
      operations.resumeAt('placed', { kind: 'checkpoint', xid: 1n << 60n, position: 0n }),
    ).rejects.toMatchObject({ code: 'VALIDATION_FAILED' })
  })

  it('takes what is set aside along: what the feed brings again is forgotten, the rest stays', async () => {
    const recorder = new Recorder()
    recorder.fail = ({ streamId, version }) => {
      if ((streamId === 'a' && version === 2) || (streamId === 'b' && version === 2)) throw new Error('no')
    }
    const subscription = recorder.define('aside', { onPoison: 'park-event' })
    await runToEnd(stage, subscription)
    expect(await parkedStates(stage.admin, 'aside')).toEqual(['a 2 parked', 'b 2 parked'])
    const { rows } = await stage.admin.query<{ xid: string; position: string }>(
      "select xid, position from trickle_events_log.events where stream_id = 'a' and version = 5",
    )
    const point = { xid: BigInt(rows[0]?.xid ?? '0'), position: BigInt(rows[0]?.position ?? '0') }
    await operations.pause('aside')
    await operations.resumeAt('aside', { kind: 'checkpoint', ...point })
    expect(await parkedStates(stage.admin, 'aside')).toEqual(['a 2 parked'])
  })

  it('is asked for when the epoch has ended, and is in the new one: where the two part, if it had come further', async () => {
    const [behind, ahead] = [await upToDate('behind'), await upToDate('ahead')]
    expect(ahead.seen).toEqual(behind.seen)
    const { rows } = await stage.admin.query<{ xid: string; position: string }>(
      "select xid, position from trickle_events_log.events where stream_id = 'long' and version = 100",
    )
    const parting = { xid: rows[0]?.xid ?? '', position: rows[0]?.position ?? '' }
    await operations.pause('behind')
    await operations.resumeAt('behind', { kind: 'checkpoint', xid: 1n, position: 0n })
    await stage.admin.query(
      "insert into trickle_events_log.epochs (reason, began_xid, began_position) values ('a restore', $1, $2)",
      [parting.xid, parting.position],
    )
    for (const [name, checkpoint] of [
      ['behind', { xid: '1', position: '0' }],
      ['ahead', parting],
    ] as const) {
      const idle = new Recorder().define(name)
      expect((await runSubscription(stage.worker, idle, ample)).outcome).toBe('stopped')
      expect(await operations.get(name)).toMatchObject({ state: 'stopped', epochIsCurrent: false })
      await expect(operations.resume(name)).rejects.toMatchObject(conflict)
      expect(await operations.resumeAt(name, { kind: 'epoch-began' })).toMatchObject({
        state: 'running',
        epochIsCurrent: true,
        members: [{ checkpoint }],
      })
    }
    const recorder = new Recorder()
    await runToEnd(stage, recorder.define('ahead'))
    expect(recorder.ofStream('long')).toEqual(labels('long', 101, 500))
  })
})
