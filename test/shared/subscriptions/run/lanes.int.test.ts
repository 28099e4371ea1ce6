import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  RetryLater,
  runSubscription,
  SubscriptionOperations,
  eventPage,
} from '../../../../shared/subscriptions/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { mutateFunction } from '../../../support/mutate.ts'
import { ample, labels, openStage, parkedStates, Recorder, runToEnd } from '../group-support.ts'
import type { Stage } from '../group-support.ts'
import { endWait, subscriptionRow } from '../support.ts'

const LOUD = 1_000
const QUIET = 5

let stage: Stage
let loud: TenantContext
let quiet: TenantContext
let operations: SubscriptionOperations

beforeAll(async () => {
  stage = await openStage()
  operations = new SubscriptionOperations(stage.operator)
  loud = await stage.tenant('loud')
  quiet = await stage.tenant('quiet')
  for (let n = 0; n < 5; n += 1) await stage.append(loud, `l${n % 3}`, LOUD / 5)
  await stage.append(quiet, 'q', QUIET)
  await stage.append(loud, 'l0', 10)
})
afterAll(() => stage.database.drop())

const lanes = async (name: string): Promise<number> => {
  const { rows } = await stage.admin.query<{ count: number }>(
    'select count(*)::int from trickle_subscriptions_state.lanes where name = $1',
    [name],
  )
  return rows[0]?.count ?? 0
}

/** Each stream's events as they were handled, and how many there were in all. */
const handledBy = (recorder: Recorder) => ({
  streams: ['l0', 'l1', 'l2', 'q'].map((streamId) => recorder.ofStream(streamId)),
  count: recorder.seen.length,
})
const whole = {
  streams: [labels('l0', 1, 410), labels('l1', 1, 400), labels('l2', 1, 200), labels('q', 1, QUIET)],
  count: LOUD + 10 + QUIET,
}

describe('a tenant with much to do', () => {
  it('does not keep others waiting: it goes on in a lane, in order, until it has caught up', async () => {
    const recorder = new Recorder()
    const subscription = recorder.define('fair')
    await runSubscription(stage.worker, subscription, { timeMs: 60_000, stepsMax: 2 })
    expect(await lanes('fair')).toBe(1)
    expect(await operations.get('fair')).toMatchObject({ laggingTenants: 1, lagIsLowerBound: false })
    // Without the lane a thousand events of the loud tenant would come first.
    const before = recorder.seen.indexOf('q 1')
    expect(before).toBeGreaterThan(0)
    expect(before).toBeLessThanOrEqual(eventPage.tenantShare + eventPage.events)
    const { lagEvents } = await operations.get('fair')
    expect(lagEvents).toBe(LOUD + QUIET + 10 - recorder.seen.length)
    await runToEnd(stage, subscription)
    expect(await lanes('fair')).toBe(0)
    expect(handledBy(recorder)).toEqual(whole)
  })

  it('alone still gets everything, in order', async () => {
    const recorder = new Recorder()
    await runToEnd(stage, recorder.define('only-loud', { types: ['Noted'] }))
    expect(handledBy(recorder)).toEqual(whole)
  })

  it('has its poison parked from its lane, and its attempts counted there', async () => {
    const recorder = new Recorder()
    recorder.fail = ({ streamId, version }) => {
      if (streamId === 'l1' && version === 390) throw new Error('bad')
    }
    const subscription = recorder.define('fair-poison', { maxAttempts: 3 })
    await runToEnd(stage, subscription)
    expect(recorder.attempts.filter((text) => text.startsWith('l1 390'))).toHaveLength(3)
    expect(await parkedStates(stage.admin, 'fair-poison')).toHaveLength(11)
    recorder.fail = () => {}
    const { events } = await operations.parked('fair-poison', { limit: 1 })
    await operations.replay('fair-poison', events[0]?.parkedId ?? '')
    await runToEnd(stage, subscription)
    expect(handledBy(recorder)).toEqual(whole)
  })

  it('whose lane goes on after a failure leaves no trace of it', async () => {
    const recorder = new Recorder()
    let isAway = true
    recorder.fail = ({ streamId, version }) => {
      if (isAway && streamId === 'l1' && version === 150) throw new RetryLater('away')
    }
    const subscription = recorder.define('fair-later')
    expect((await runSubscription(stage.worker, subscription, ample)).outcome).toBe('waiting')
    expect(await lanes('fair-later')).toBe(1)
    expect(await subscriptionRow(stage.admin, 'fair-later')).toMatchObject({ failures: 1, error: 'away' })
    isAway = false
    await endWait(stage.admin, 'fair-later')
    // The main feed has nothing more; only the lane moves.
    await runSubscription(stage.worker, subscription, { ...ample, stepsMax: 1 })
    expect(await lanes('fair-later')).toBe(1)
    expect(await subscriptionRow(stage.admin, 'fair-later')).toMatchObject({ failures: 0, error: null })
    await runToEnd(stage, subscription)
    expect(handledBy(recorder)).toEqual(whole)
  })

  it('is not lost by a place elsewhere in the middle of it', async () => {
    const recorder = new Recorder()
    const subscription = recorder.define('fair-reset')
    await runSubscription(stage.worker, subscription, { timeMs: 60_000, stepsMax: 2 })
    await operations.pause('fair-reset')
    await operations.reset('fair-reset')
    await operations.resume('fair-reset')
    recorder.seen.length = 0
    await runToEnd(stage, subscription)
    expect(handledBy(recorder)).toEqual(whole)
  })
})

describe('without its guard', () => {
  it('the main feed would handle the tenant of a lane as well', async () => {
    const recorder = new Recorder()
    await mutateFunction(
      stage.admin,
      'trickle_subscriptions_state.take_page',
      'then v_begun.lane_tenants end',
      'then null::uuid[] end',
    )
    await runToEnd(stage, recorder.define('unguarded'))
    expect(handledBy(recorder)).not.toEqual(whole)
  })
})
