import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runSubscription, SubscriptionOperations } from '../../../../shared/subscriptions/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { ample, labels, parkedStates, runToEnd } from '../group-support.ts'
import type { Stage } from '../group-support.ts'
import { effectsOf, noting, openProjectionStage, watched } from './support.ts'

let stage: Stage
let operations: SubscriptionOperations
let acme: TenantContext
beforeAll(async () => {
  stage = await openProjectionStage()
  operations = new SubscriptionOperations(stage.operator)
  acme = await stage.tenant('acme')
  for (let n = 0; n < 2; n += 1) await stage.append(acme, 's', 10)
})
afterAll(() => stage.database.drop())

describe('an event that is skipped while a page is worked on', () => {
  it('does not leave later events of its stream waiting for nobody', async () => {
    let isBad = true
    const poisoned = noting('skipped', (events) => {
      if (isBad && events.some(({ streamId, version }) => streamId === 's' && version === 20))
        throw new Error('bad')
      return []
    })
    await runToEnd(stage, poisoned)
    isBad = false
    await stage.append(acme, 's', 3)
    const slow = watched(stage)
    let skipped: Promise<void> | undefined
    const skip = async (): Promise<void> => {
      const { events } = await operations.parked('skipped', { limit: 1 })
      await operations.skip('skipped', events[0]?.parkedId ?? '')
    }
    slow.beforeTrip = async () => {
      skipped ??= skip()
      await skipped
    }
    // The page says that the stream is blocked; when its events are set aside it is not any more.
    await runSubscription(slow, poisoned, ample)
    await runToEnd(stage, poisoned)
    await slow.end()
    expect(await parkedStates(stage.admin, 'skipped')).toEqual(['s 20 skipped'])
    expect((await effectsOf(stage.admin, 'skipped')).filter((label) => label.startsWith('s '))).toEqual([
      ...labels('s', 1, 19),
      ...labels('s', 21, 23),
    ])
  })
})
