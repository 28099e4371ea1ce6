import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  defineSubscription,
  RetryLater,
  runSubscription,
  SubscriptionOperations,
} from '../../../../shared/subscriptions/index.ts'
import type { Subscription, SubscriptionEvent } from '../../../../shared/subscriptions/index.ts'
import { noColumns } from '../../../../shared/postgres/index.ts'
import type { RunStatement } from '../../../../shared/postgres/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { mutateFunction } from '../../../support/mutate.ts'
import { ample, labels, openStage, runToEnd } from '../group-support.ts'
import type { Stage } from '../group-support.ts'
import { endWait, expireLease, subscriptionRow } from '../support.ts'

let stage: Stage
let acme: TenantContext

beforeAll(async () => {
  stage = await openStage()
  acme = await stage.tenant('acme')
  await stage.append(acme, 's', 300)
  // No key: an effect that is there twice is seen.
  await stage.admin.query(
    `create table public.effects (name text, stream_id text, version int);
     grant usage on schema public to trickle_forwarder; grant all on public.effects to trickle_forwarder`,
  )
})
afterAll(() => stage.database.drop())
beforeEach(() => stage.admin.query('truncate public.effects'))

const note = (run: RunStatement, name: string, { streamId, version }: SubscriptionEvent) =>
  run({
    name: 'effect',
    text: 'insert into public.effects values ($1, $2, $3)',
    columns: noColumns,
    values: [name, streamId, version],
  })

/** Notes each event; `before` may throw or do something beside. */
const noting = (
  name: string,
  before: (event: SubscriptionEvent) => Promise<void> | void = () => {},
): Subscription =>
  defineSubscription({
    name,
    maxAttempts: 2,
    backoffMs: { first: 0, longest: 0 },
    async handleBatch(events, run) {
      for (const event of events) {
        await note(run, name, event)
        await before(event)
      }
    },
  })

async function effects(): Promise<string[]> {
  const { rows } = await stage.admin.query<[string]>({
    text: "select format('%s %s', stream_id, version) from public.effects order by stream_id, version",
    rowMode: 'array',
  })
  return rows.flat()
}

describe('effects in the same database', () => {
  it('are there exactly once, with the event that makes a batch fail found, parked and mended', async () => {
    let isMended = false
    const poisoned = noting('poisoned', ({ version }) => {
      if (version === 3 && !isMended) throw new Error('version 3 is bad')
    })
    await runToEnd(stage, poisoned)
    expect(await effects()).toEqual(labels('s', 1, 2))
    const operations = new SubscriptionOperations(stage.operator)
    const { events } = await operations.parked('poisoned', { limit: 1 })
    expect(events).toMatchObject([{ version: 3, error: 'version 3 is bad', attempts: 2 }])
    isMended = true
    await operations.replay('poisoned', events[0]?.parkedId ?? '')
    await runToEnd(stage, poisoned)
    expect(await effects()).toEqual(labels('s', 1, 300))
    expect(await runSubscription(stage.forwarder, poisoned, ample)).toMatchObject({
      outcome: 'done',
      events: 0,
    })
  })

  it('are undone with what their code could not do yet, and no attempt is counted', async () => {
    let isAway = true
    const away = noting('away', ({ version }) => {
      if (isAway && version === 150) throw new RetryLater('the other side is away')
    })
    for (let n = 0; n < 3; n += 1) {
      expect((await runSubscription(stage.forwarder, away, ample)).outcome).toBe('waiting')
      await endWait(stage.admin, 'away')
    }
    isAway = false
    await runToEnd(stage, away)
    expect(await effects()).toEqual(labels('s', 1, 300))
  })

  it('tell what the database refused', async () => {
    const refused = defineSubscription({
      name: 'refused',
      maxAttempts: 1,
      onPoison: 'stop',
      async handleBatch(_events, run) {
        await run({ name: 'broken', text: 'select 1 / 0', columns: noColumns, values: [] })
      },
    })
    expect((await runSubscription(stage.forwarder, refused, ample)).outcome).toBe('stopped')
    expect((await subscriptionRow(stage.admin, 'refused')).error).toContain('division by zero')
  })

  /** Another instance takes over and handles everything, in the middle of the first one's batch. */
  async function takenOver(name: string): Promise<string[]> {
    const second = noting(name)
    let isTaken = false
    const first = noting(name, async ({ version }) => {
      if (isTaken || version !== 50) return
      isTaken = true
      await expireLease(stage.admin, name)
      await runToEnd(stage, second)
    })
    expect((await runSubscription(stage.forwarder, first, ample)).outcome).toBe('busy')
    return effects()
  }

  it('of an instance that was taken over from are not committed', async () => {
    expect(await takenOver('taken')).toEqual(labels('s', 1, 300))
  })

  it('would be there twice without the fence and the comparison of the checkpoint', async () => {
    await mutateFunction(
      stage.admin,
      'trickle_subscriptions_state.advance',
      /m\.fence = p_fence[\s\S]*?p_from_position\);/,
      'true;',
    )
    await takenOver('unguarded').catch(() => [])
    expect((await effects()).length).toBeGreaterThan(300)
  })
})
