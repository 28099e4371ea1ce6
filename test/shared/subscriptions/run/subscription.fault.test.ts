import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { SubscriptionOperations } from '../../../../shared/subscriptions/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { pickBelow, scaled, seededRandom } from '../../../support/scale.ts'
import { inspect, kill, openFaultStage } from './fault-stage.ts'
import type { FaultStage } from './fault-stage.ts'
import { parkedStates } from '../group-support.ts'

/** TRICKLE_TEST_SCALE=40 is the long form: 100 faults over 100,000 events. Each way of killing is there at least once. */
const events = scaled(2_500)
const kills = Math.max(5, scaled(2.5))
const STREAMS = 40
const BATCH = 25
const patienceMs = 60_000 + scaled(60_000)

let stage: FaultStage
let tenants: TenantContext[]
let operations: SubscriptionOperations
const random = seededRandom()

beforeAll(async () => {
  stage = await openFaultStage()
  operations = new SubscriptionOperations(stage.operator)
  tenants = []
  for (const slug of ['acme', 'bolt', 'crux']) tenants.push(await stage.tenant(slug))
})
afterAll(() => stage.close())
beforeEach(() =>
  stage.admin.query(
    `truncate trickle_events_log.events, trickle_events_log.streams, public.deliveries, public.checkpoints`,
  ),
)

const clean = { missing: 0, unknown: 0, outOfOrder: 0, checkpointsBack: 0, parked: 0, events: events }

/** Half of the events go to one tenant, so that it gets lanes. */
async function appendAll(): Promise<void> {
  for (let n = 0; n < events; n += BATCH) {
    const tenant = tenants[random() < 0.5 ? 0 : pickBelow(random, tenants.length)]
    if (tenant !== undefined) await stage.append(tenant, `s${pickBelow(random, STREAMS)}`, BATCH)
  }
}

/** Until this part of the events has been delivered; some of them twice, but for the last. */
async function until(share: number): Promise<void> {
  const endMs = performance.now() + patienceMs
  for (;;) {
    if ((await stage.deliveries()) >= events * share) {
      if (share < 1 || (await stage.delivered()) >= events) return
      await sleep(500)
    }
    if (performance.now() > endMs) throw new Error(`${await stage.delivered()} of ${events} were delivered`)
    await sleep(50)
  }
}

/** Lanes come to the barrier last, and theirs may be half of the events. */
async function untilResized(): Promise<void> {
  const endMs = performance.now() + patienceMs
  while ((await operations.get('resized')).targetMembers !== null) {
    if (performance.now() > endMs) throw new Error('the group does not get its new size')
    await sleep(50)
  }
}

describe.each([
  ['subscription', 'delivers every event'],
  ['projection', 'has the effect of every event once'],
] as const)('a %s whose instances are killed at random', (kind, promise) => {
  it(
    `${promise}, in the order of its stream, and no checkpoint goes back`,
    async () => {
      const name = `killed-${kind}`
      const workers = [stage.startWorker(kind, name), stage.startWorker(kind, name)]
      const appending = appendAll()
      const did = { killed: 0, cut: 0, frozen: 0 }
      for (let n = 0; n < kills; n += 1) {
        await until((n + random()) / (kills + 1))
        const index = pickBelow(random, workers.length)
        const worker = workers[index]
        if (worker === undefined) throw new Error('there is no worker')
        const way = n % 5
        if (way === 3) {
          await stage.admin.query(
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'trickle_worker'",
          )
          did.cut += 1
        } else if (way === 4) {
          worker.kill('SIGSTOP')
          await stage.expireLeases()
          await sleep(500)
          worker.kill('SIGCONT')
          did.frozen += 1
        } else {
          await kill(worker)
          workers[index] = stage.startWorker(kind, name)
          await stage.expireLeases()
          did.killed += 1
        }
      }
      await appending
      await stage.expireLeases()
      await until(1)
      await Promise.all(workers.map(kill))
      const findings = await inspect(stage.admin, name)
      process.stdout.write(`${kind} faults: ${JSON.stringify({ ...did, ...findings })}\n`)
      expect(findings).toMatchObject(kind === 'projection' ? { ...clean, deliveries: events } : clean)
      expect(did.killed).toBeGreaterThan(0)
    },
    patienceMs * 2,
  )
})

describe('a group that grows and shrinks under load', () => {
  it(
    'skips, reorders and forgets nothing',
    async () => {
      const workers = [
        stage.startWorker('subscription', 'resized'),
        stage.startWorker('subscription', 'resized'),
      ]
      const appending = appendAll()
      for (const [share, members] of [
        [0.2, 4],
        [0.6, 2],
      ] as const) {
        await until(share)
        await operations.resize('resized', members)
        await untilResized()
      }
      await appending
      await until(1)
      await Promise.all(workers.map(kill))
      expect((await operations.get('resized')).members).toHaveLength(2)
      const findings = await inspect(stage.admin, 'resized')
      process.stdout.write(`subscription resizes: ${JSON.stringify(findings)}\n`)
      // Nothing crashed, so nothing is delivered twice either.
      expect(findings).toMatchObject({ ...clean, deliveries: events })
    },
    patienceMs * 2,
  )
})

describe.each(['subscription', 'projection'] as const)('an event that ends the process of a %s', (kind) => {
  const name = `deadly-${kind}`

  it('is parked after its attempts, and the other streams go on', async () => {
    const [tenant] = tenants
    if (tenant === undefined) throw new Error('there is no tenant')
    await stage.append(tenant, 'deadly', 3)
    await stage.append(tenant, 'fine', 3)
    let deaths = 0
    while ((await parkedStates(stage.admin, name)).length === 0) {
      const worker = stage.startWorker(kind, name, 'deadly')
      // It dies by itself, or it has parked the event.
      while (worker.signalCode === null && (await parkedStates(stage.admin, name)).length === 0)
        await sleep(20)
      if (worker.signalCode === 'SIGKILL') deaths += 1
      await kill(worker)
      await stage.expireLeases()
    }
    // The first one was not expected, and the five that follow are counted before they are made.
    expect(deaths).toBe(6)
    const { events } = await operations.parked(name, { limit: 1 })
    expect(events).toMatchObject([
      { streamId: 'deadly', version: 2, error: expect.stringContaining('ended') as string },
    ])
  })
})
