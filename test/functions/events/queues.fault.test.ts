import { afterAll, beforeAll, expect, it } from 'vitest'
import { TcpProxy } from '../../../packages/tcp-proxy/index.ts'
import type { FaultAction } from '../../../packages/tcp-proxy/index.ts'
import { Database } from '../../../shared/postgres/index.ts'
import type { TenantContext } from '../../../shared/tenancy/index.ts'
import { QueueStage } from './queue-stage.ts'
import type { Sent } from './queue-stage.ts'

let stage: QueueStage
let acme: TenantContext

beforeAll(async () => {
  stage = await QueueStage.open()
  acme = await stage.tenant('acme')
})
afterAll(() => stage.database.drop())

const DELIVERIES_MAX = 5
const MESSAGES = 40

/** Delivers a batch until the function succeeds, as the queue does. */
async function deliver(receive: (deliveryCount: number) => Promise<void>): Promise<number> {
  for (let deliveryCount = 1; deliveryCount <= DELIVERIES_MAX; deliveryCount += 1) {
    const isDone = await receive(deliveryCount).then(
      () => true,
      (error: { retryable?: boolean }) => {
        expect(error.retryable).toBe(true)
        return false
      },
    )
    if (isDone) return deliveryCount
  }
  throw new Error('the messages were never handled')
}

it.each<[string, FaultAction, string]>([
  ['the answer to a batch of appends', 'cut-response', 'trickle_events_log.append_batch('],
  ['a batch of appends on its way', 'cut-request', 'trickle_events_log.append_batch('],
  ['the answer to an append', 'cut-response', 'trickle_events_log.append('],
  ['the answer to the parking', 'cut-response', 'trickle_messages_state.park('],
  ['the parking on its way', 'cut-request', 'trickle_messages_state.park('],
  ['the look-up of the tenant', 'cut-response', 'trickle_tenants_state.find_tenant('],
])('each message counts once though %s is lost', async (what, action, when) => {
  const proxy = await TcpProxy.start(stage.database.url('trickle_worker'))
  const worker = new Database({
    url: proxy.url(stage.database.url('trickle_worker')),
    connectionsMax: 2,
    statements: 'unnamed',
  })
  const queue = stage.queue('trickle-events', worker)
  const name = what.replaceAll(' ', '-')
  const good = Array.from({ length: MESSAGES }, (_, index) => `${name}-${index}`)
  const bad = { body: `bad ${name}` }
  const messages: Sent[] = good.map((id) => ({
    body: { tenant: acme.slug, id, streamId: name, type: 'Happened', data: id },
  }))
  proxy.arm({ action, when: [when], delayMs: 0 })
  await deliver((deliveryCount) =>
    stage.receive(queue, ...[...messages, bad].map((sent) => ({ ...sent, deliveryCount }))),
  )
  expect(proxy.faultsArmed).toBe(0)
  expect((await stage.stored(acme, name)).toSorted()).toEqual(good.toSorted())
  const parked = await stage.parkedOf(queue)
  expect(parked.filter(({ body }) => body === bad.body)).toMatchObject([{ reason: 'MALFORMED_JSON' }])
  expect(parked.filter(({ tenantId }) => tenantId !== null)).toEqual([])
  await worker.end()
  await proxy.close()
})
