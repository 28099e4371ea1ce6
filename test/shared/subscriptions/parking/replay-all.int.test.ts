import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runSubscription, SubscriptionOperations } from '../../../../shared/subscriptions/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { ample, labels, openStage, parkedStates, Recorder, runToEnd } from '../group-support.ts'
import type { Stage } from '../group-support.ts'

let stage: Stage
let operations: SubscriptionOperations
let acme: TenantContext

beforeAll(async () => {
  stage = await openStage()
  operations = new SubscriptionOperations(stage.operator)
  acme = await stage.tenant('acme')
  for (const streamId of ['a', 'b', 'c', 'd', 'e']) await stage.append(acme, streamId, 2)
})
afterAll(() => stage.database.drop())

/** Every first event of a stream fails until `isMended`, so five are parked and five wait. */
async function withParked(name: string) {
  const recorder = new Recorder()
  const state = { isMended: false }
  recorder.fail = ({ version }) => {
    if (version === 1 && !state.isMended) throw new Error('the account is locked')
  }
  const subscription = recorder.define(name, { maxAttempts: 2 })
  await runToEnd(stage, subscription)
  return { recorder, state, subscription }
}

describe('all parked events', () => {
  it('are handled again in calls with a limit, and what waits follows in order', async () => {
    const { recorder, state, subscription } = await withParked('in-calls')
    state.isMended = true
    const first = await operations.replayAll('in-calls', { limit: 2 })
    expect(first).toEqual({ replayed: 2, next: expect.stringMatching(/^\d+$/) as string })
    const second = await operations.replayAll('in-calls', { after: first.next ?? '', limit: 2 })
    expect(second.replayed).toBe(2)
    expect(await operations.replayAll('in-calls', { after: second.next ?? '', limit: 2 })).toEqual({
      replayed: 1,
      next: null,
    })
    await runToEnd(stage, subscription)
    for (const streamId of ['a', 'b', 'c', 'd', 'e'])
      expect(recorder.ofStream(streamId)).toEqual(labels(streamId, 1, 2))
    expect(await parkedStates(stage.admin, 'in-calls')).toEqual([])
  })

  it('are marked once, however often the call is repeated, and at once', async () => {
    const { recorder, state, subscription } = await withParked('repeated')
    state.isMended = true
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => operations.replayAll('repeated', { limit: 1_000 })),
    )
    expect(answers.map(({ replayed }) => replayed).toSorted((a, b) => a - b)).toEqual([0, 0, 0, 5])
    expect(await operations.replayAll('repeated', { limit: 1_000 })).toEqual({ replayed: 0, next: null })
    await runToEnd(stage, subscription)
    expect(recorder.seen.toSorted()).toEqual(['a', 'b', 'c', 'd', 'e'].flatMap((id) => labels(id, 1, 2)))
  })

  it('that fail again between two calls are not marked a second time', async () => {
    const { subscription } = await withParked('failing')
    const first = await operations.replayAll('failing', { limit: 3 })
    await runToEnd(stage, subscription)
    expect(await operations.get('failing')).toMatchObject({ parkedEvents: 10 })
    expect(await operations.replayAll('failing', { after: first.next ?? '', limit: 3 })).toEqual({
      replayed: 2,
      next: null,
    })
  })

  it('leave those alone that were skipped, that wait, or that are of another subscription', async () => {
    await withParked('others')
    const { events } = await operations.parked('others', { limit: 100 })
    const [a, b] = events.filter(({ state }) => state === 'parked')
    await operations.skip('others', a?.parkedId ?? '')
    await operations.replay('others', b?.parkedId ?? '')
    expect(await operations.replayAll('others', { limit: 100 })).toMatchObject({ replayed: 3 })
    expect(await parkedStates(stage.admin, 'others')).toContain('a 1 skipped')
    expect(
      (await parkedStates(stage.admin, 'others')).filter((text) => text.endsWith('waiting')),
    ).toHaveLength(4)
    expect(await parkedStates(stage.admin, 'failing')).toContain('a 1 parked')
  })

  it('of no subscription, or after what is no id, are refused', async () => {
    await expect(operations.replayAll('nobody', { limit: 1 })).rejects.toMatchObject({
      code: 'SUBSCRIPTION_NOT_FOUND',
    })
    await expect(operations.replayAll('failing', { after: 'x', limit: 1 })).rejects.toMatchObject({
      code: 'INVALID_CURSOR',
    })
  })

  it('are marked while a member sets events aside, and neither waits for ever', async () => {
    const { recorder, subscription } = await withParked('beside')
    for (let round = 0; round < 3; round += 1) {
      await stage.append(acme, `new-${round}`, 20)
      const [, replayed] = await Promise.all([
        runSubscription(stage.worker, subscription, ample),
        operations.replayAll('beside', { limit: 1_000 }),
      ])
      expect(replayed.next).toBeNull()
    }
    await runToEnd(stage, subscription)
    expect(recorder.seen).toEqual([])
    expect((await operations.get('beside')).state).toBe('running')
  })
})

describe('the last error of a parked event', () => {
  it('is shown while the event waits to be handled again, and between its attempts', async () => {
    const { recorder } = await withParked('shown')
    await operations.replayAll('shown', { limit: 1 })
    const shown = async () => (await operations.parked('shown', { limit: 1 })).events[0]
    expect(await shown()).toMatchObject({ state: 'replay', attempts: 0, error: 'the account is locked' })
    recorder.fail = () => {
      throw new Error('the account is closed')
    }
    const patient = recorder.define('shown', {
      maxAttempts: 3,
      backoffMs: { first: 60_000, longest: 60_000 },
    })
    await runSubscription(stage.worker, patient, ample)
    expect(await shown()).toMatchObject({ state: 'replay', attempts: 1, error: 'the account is closed' })
  })

  it('is not shown for one that only waits', async () => {
    await withParked('waiting')
    const { events } = await operations.parked('waiting', { limit: 100 })
    const waiting = events.filter(({ state }) => state === 'waiting')
    expect(waiting.length).toBeGreaterThan(0)
    expect(waiting.filter(({ error }) => error !== '')).toEqual([])
  })
})
