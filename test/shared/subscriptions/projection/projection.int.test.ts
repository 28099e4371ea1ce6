import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runSubscription, SubscriptionOperations } from '../../../../shared/subscriptions/index.ts'
import type { SubscriptionProblem } from '../../../../shared/subscriptions/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { ample, labels, parkedStates, Recorder, runToEnd } from '../group-support.ts'
import type { Stage } from '../group-support.ts'
import { endWait, subscriptionRow } from '../support.ts'
import { effectsOf, noteEffects, noting, openProjectionStage, plain } from './support.ts'
import { hasPostgres17, requirePostgres17 } from '../../../support/postgres-17.ts'

let stage: Stage
let operations: SubscriptionOperations
let acme: TenantContext
let bolt: TenantContext

beforeAll(async () => {
  stage = await openProjectionStage()
  operations = new SubscriptionOperations(stage.operator)
  acme = await stage.tenant('acme')
  bolt = await stage.tenant('bolt')
  for (let n = 0; n < 3; n += 1) {
    await stage.append(acme, 's', 100)
    await stage.append(bolt, 't', 10)
  }
})
afterAll(() => stage.database.drop())

const all = [...labels('s', 1, 300), ...labels('t', 1, 30)]
const allOf = async (name: string): Promise<string[]> => [
  ...(await effectsOf(stage.admin, name, acme.tenantId)),
  ...(await effectsOf(stage.admin, name, bolt.tenantId)),
]

describe('a projection', () => {
  it('has the effect of each event once, each tenant bound in a transaction of its own', async () => {
    const transactions = new Map<string, number>()
    const subscription = noting('counted', (events, tenantId) => {
      expect(new Set(events.map((event) => event.tenantId))).toEqual(new Set([tenantId]))
      transactions.set(tenantId, (transactions.get(tenantId) ?? 0) + 1)
      return []
    })
    expect(await runSubscription(stage.worker, subscription, ample)).toMatchObject({ events: 330 })
    expect(await allOf('counted')).toEqual(all)
    expect([...transactions.values()]).toEqual([1, 1])
    expect(await runSubscription(stage.worker, subscription, ample)).toMatchObject({
      outcome: 'done',
      events: 0,
    })
  })

  it('takes what is appended later, of those types only that it asks for', async () => {
    const subscription = noting('typed', () => [], { types: ['Counted'] })
    await runToEnd(stage, subscription)
    await stage.append(acme, 'typed', 2, 'Counted')
    await stage.append(acme, 'typed', 1, 'Left')
    await runToEnd(stage, subscription)
    expect(await effectsOf(stage.admin, 'typed')).toEqual(labels('typed', 1, 2))
  })

  it('writes nothing of another tenant than that whose events it was given', async () => {
    const subscription = noting('stranger', (events) => [noteEffects('stranger', events, bolt.tenantId)], {
      types: ['Counted'],
    })
    await runToEnd(stage, subscription)
    expect(await effectsOf(stage.admin, 'stranger')).toEqual([])
    const { events } = await operations.parked('stranger', { limit: 1 })
    expect(events).toMatchObject([{ error: expect.stringContaining('row-level security') as string }])
  })
})

describe('a statement that would end the transaction', () => {
  it('is refused with its name, and nothing of the event takes effect', async () => {
    const ending = noting('ending', () => [plain('commit')], { types: ['Counted'], onPoison: 'stop' })
    expect((await runSubscription(stage.worker, ending, ample)).outcome).toBe('stopped')
    expect((await subscriptionRow(stage.admin, 'ending')).error).toContain('The statement "plain"')
    expect(await effectsOf(stage.admin, 'ending')).toEqual([])
  })
})

describe('an event that makes a projection fail', () => {
  it('is found, parked and mended, and every other effect is there once', async () => {
    let isMended = false
    const poisoned = noting('poisoned', (events) => {
      if (!isMended && events.some(({ streamId, version }) => streamId === 's' && version === 3))
        throw new Error('version 3 is bad')
      return []
    })
    await runToEnd(stage, poisoned)
    expect(await effectsOf(stage.admin, 'poisoned', acme.tenantId)).toEqual([
      ...labels('s', 1, 2),
      ...labels('typed', 1, 3),
    ])
    expect(await effectsOf(stage.admin, 'poisoned', bolt.tenantId)).toEqual(labels('t', 1, 30))
    const { events } = await operations.parked('poisoned', { limit: 1 })
    expect(events).toMatchObject([{ version: 3, error: 'version 3 is bad', attempts: 2 }])
    isMended = true
    await operations.replay('poisoned', events[0]?.parkedId ?? '')
    await runToEnd(stage, poisoned)
    expect(await allOf('poisoned')).toEqual([
      ...labels('s', 1, 300),
      ...labels('typed', 1, 3),
      ...labels('t', 1, 30),
    ])
    expect(await parkedStates(stage.admin, 'poisoned')).toEqual([])
  })

  it('that only fails together with others is done alone, and that is told', async () => {
    const told: string[] = []
    const crowded = noting('crowded', (events) => {
      if (events.length > 100) throw new Error('too many at once')
      return []
    })
    const onProblem = ({ event, action, error }: SubscriptionProblem): void => {
      told.push(`${event.streamId} ${event.version} ${action}: ${String(error)}`)
    }
    await runSubscription(stage.worker, crowded, { ...ample, onProblem })
    expect(told).toEqual(['s 1 split: Error: too many at once'])
    expect(await allOf('crowded')).toEqual([
      ...labels('s', 1, 300),
      ...labels('typed', 1, 3),
      ...labels('t', 1, 30),
    ])
  })

  it('is tried as often as was asked for, with what the database refused', async () => {
    const attempts: number[] = []
    const refused = noting(
      'refused',
      (events) => {
        if (events.length === 1) attempts.push(events[0]?.version ?? 0)
        return events.some(({ version, streamId }) => streamId === 't' && version === 30)
          ? [plain('select 1 / 0')]
          : []
      },
      { maxAttempts: 3, onPoison: 'stop' },
    )
    expect((await runSubscription(stage.worker, refused, ample)).outcome).toBe('stopped')
    expect((await subscriptionRow(stage.admin, 'refused')).error).toContain('division by zero')
    expect(attempts.filter((version) => version === 30)).toHaveLength(3)
    // What came before it is there, and is not there twice after the next try.
    expect(await effectsOf(stage.admin, 'refused', bolt.tenantId)).toEqual(labels('t', 1, 29))
    await operations.resume('refused')
    expect((await runSubscription(stage.worker, refused, ample)).outcome).toBe('stopped')
    expect(await effectsOf(stage.admin, 'refused', bolt.tenantId)).toEqual(labels('t', 1, 29))
    expect(await effectsOf(stage.admin, 'refused', acme.tenantId)).toHaveLength(303)
  })

  it('holds up no other tenant of its page, also while it waits for its next attempt', async () => {
    const waiting = noting(
      'waiting',
      (events) => {
        if (events.some(({ streamId, version }) => streamId === 's' && version === 250))
          throw new Error('bad')
        return []
      },
      // Longer than a run waits.
      { backoffMs: { first: 60_000, longest: 60_000 } },
    )
    expect((await runSubscription(stage.worker, waiting, ample)).outcome).toBe('waiting')
    expect(await effectsOf(stage.admin, 'waiting', bolt.tenantId)).toEqual(labels('t', 1, 30))
    expect(await effectsOf(stage.admin, 'waiting', acme.tenantId)).toEqual(labels('s', 1, 249))
    await endWait(stage.admin, 'waiting')
    // The attempt before the wait counts, and so this one is the last.
    await runToEnd(stage, waiting)
    expect(await effectsOf(stage.admin, 'waiting', acme.tenantId)).toEqual([
      ...labels('s', 1, 249),
      ...labels('typed', 1, 3),
    ])
    expect((await parkedStates(stage.admin, 'waiting'))[0]).toBe('s 250 parked')
  })

  it('alone is left out when that is asked for, and its stream goes on', async () => {
    const alone = noting(
      'alone',
      (events) => {
        if (events.some(({ streamId, version }) => streamId === 't' && version === 5)) throw new Error('bad')
        return []
      },
      { onPoison: 'park-event' },
    )
    await runToEnd(stage, alone)
    expect(await effectsOf(stage.admin, 'alone', bolt.tenantId)).toEqual([
      ...labels('t', 1, 4),
      ...labels('t', 6, 30),
    ])
    expect(await parkedStates(stage.admin, 'alone')).toEqual(['t 5 parked'])
  })
})

describe('what passes by itself', () => {
  it('is no fault of an event: nothing is counted, and nothing is there twice', async () => {
    await stage.admin.query(`create function public.be_away() returns void language plpgsql as $$
      begin raise exception 'the table is locked' using errcode = '55P03'; end $$`)
    let isAway = true
    const away = noting('away', (events) =>
      isAway && events.some(({ version }) => version === 150) ? [plain('select public.be_away()')] : [],
    )
    for (let n = 0; n < 3; n += 1) {
      expect((await runSubscription(stage.worker, away, ample)).outcome).toBe('waiting')
      await endWait(stage.admin, 'away')
    }
    expect(await effectsOf(stage.admin, 'away', bolt.tenantId)).toEqual(labels('t', 1, 30))
    isAway = false
    await runToEnd(stage, away)
    expect(await effectsOf(stage.admin, 'away', acme.tenantId)).toEqual([
      ...labels('s', 1, 300),
      ...labels('typed', 1, 3),
    ])
    expect(await parkedStates(stage.admin, 'away')).toEqual([])
  })
})

describe('a projection works alone', () => {
  it('so it gets no members', async () => {
    await runToEnd(stage, noting('single'))
    await expect(operations.resize('single', 2)).rejects.toMatchObject({ code: expect.any(String) as string })
    expect((await operations.get('single')).members).toHaveLength(1)
  })

  it('so it takes over no name of a group, and changes nothing of it', async () => {
    const group = new Recorder().define('group', { types: ['Counted'] })
    await runToEnd(stage, group)
    await operations.resize('group', 3)
    await runToEnd(stage, group)
    await expect(runSubscription(stage.worker, noting('group'), ample)).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      detail: expect.stringContaining('3 members') as string,
    })
    const { rows } = await stage.admin.query(
      "select is_group, types from trickle_subscriptions_state.subscriptions where name = 'group'",
    )
    expect(rows).toEqual([{ is_group: true, types: ['Counted'] }])
  })
})

describe('on PostgreSQL 17', () => {
  requirePostgres17()

  it.runIf(hasPostgres17())('does the same', async () => {
    const own = await openProjectionStage({ version: 17 })
    const tenant = await own.tenant('acme')
    await own.append(tenant, 's', 50)
    await runToEnd(own, noting('counted'))
    expect(await effectsOf(own.admin, 'counted')).toEqual(labels('s', 1, 50))
    await own.database.drop()
  })
})
