import { afterAll, beforeAll, expect, it } from 'vitest'
import { projectionPage, runSubscription } from '../../../../shared/subscriptions/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { labels, runToEnd } from '../group-support.ts'
import type { Stage } from '../group-support.ts'
import { effectsOf, noting, openProjectionStage } from './support.ts'

/** More than a page. */
const LOUD = projectionPage.events + 2_000
const QUIET = 5

let stage: Stage
let loud: TenantContext
let quiet: TenantContext

beforeAll(async () => {
  stage = await openProjectionStage()
  loud = await stage.tenant('loud')
  quiet = await stage.tenant('quiet')
  for (let n = 0; n < LOUD; n += 1_000) await stage.append(loud, 'l', 1_000)
  await stage.append(quiet, 'q', QUIET)
  await stage.append(loud, 'l', 10)
})
afterAll(() => stage.database.drop())

const lanes = async (name: string): Promise<number> => {
  const { rows } = await stage.admin.query<{ count: number }>(
    'select count(*)::int from trickle_subscriptions_state.lanes where name = $1',
    [name],
  )
  return rows[0]?.count ?? 0
}

it('a tenant with much to do leaves a projection’s main feed for a lane, and each effect is there once', async () => {
  const projection = noting('fair')
  await runSubscription(stage.worker, projection, { timeMs: 60_000, stepsMax: 2 })
  expect(await lanes('fair')).toBe(1)
  // Without the lane all of the loud tenant would come first.
  expect(await effectsOf(stage.admin, 'fair', quiet.tenantId)).toEqual(labels('q', 1, QUIET))
  expect((await effectsOf(stage.admin, 'fair', loud.tenantId)).length).toBeLessThan(LOUD)
  await runToEnd(stage, projection)
  expect(await lanes('fair')).toBe(0)
  expect(await effectsOf(stage.admin, 'fair', loud.tenantId)).toEqual(labels('l', 1, LOUD + 10))
})

it('poison in a lane is parked from there, and what comes after it waits', async () => {
  const projection = noting('fair-poison', (events) => {
    if (events.some(({ streamId, version }) => streamId === 'l' && version === LOUD - 100))
      throw new Error('bad')
    return []
  })
  await runToEnd(stage, projection)
  expect(await effectsOf(stage.admin, 'fair-poison', loud.tenantId)).toEqual(labels('l', 1, LOUD - 101))
  expect(await effectsOf(stage.admin, 'fair-poison', quiet.tenantId)).toEqual(labels('q', 1, QUIET))
  const { rows } = await stage.admin.query(
    "select count(*)::int as waiting from trickle_subscriptions_state.parked where name = 'fair-poison' and state = 'waiting'",
  )
  expect(rows).toEqual([{ waiting: 110 }])
})
