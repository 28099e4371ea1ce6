import { setTimeout as delay } from 'node:timers/promises'
import { planMessages } from './plan.ts'
import type { Fate, PlannedMessage } from './plan.ts'
import { Product } from './product.ts'
import { produce } from './producers.ts'
import type { ProducerCounts } from './producers.ts'
import { reconcileQueues } from './reconcile.ts'
import type { QueueLedger } from './reconcile.ts'

export interface QueueSoakOptions {
  readonly messages: number
  readonly producers: number
  readonly hostKills: number
  readonly seed: number
}

export interface QueueSoakResult {
  readonly options: QueueSoakOptions
  readonly sentMs: number
  readonly handledMs: number
  readonly planned: Readonly<Record<Fate, number>>
  readonly producers: ProducerCounts
  readonly faults: { readonly hostKills: number; readonly postgresKills: number }
  readonly ledger: QueueLedger
}

const QUEUES = ['trickle-events', 'trickle-events-ordered'] as const
const TENANTS = ['acme', 'globex', 'initech', 'umbrella', 'hooli'] as const

/** What the broker does while messages are sent and received: on average so often. */
const rules = QUEUES.flatMap((queue) => [
  { on: 'send', action: 'drop-connection', queue, probability: 0.002 },
  { on: 'send', action: 'drop-connection', queue, probability: 0.002, after: true },
  { on: 'settle', action: 'deliver-twice', queue, probability: 0.01 },
  { on: 'settle', action: 'lose-lock', queue, probability: 0.002 },
  { on: 'settle', action: 'drop-connection', queue, probability: 0.0005 },
])

/** A run that stands still for so long is over: something hangs. */
const STILL_MAX_MS = 600_000
const LOOK_EVERY_MS = 1_000

/** @param onProgress gets a line now and then */
export async function runQueueSoak(
  options: QueueSoakOptions,
  onProgress: (line: string) => void,
): Promise<QueueSoakResult> {
  const planned = planMessages({ ...options, tenants: TENANTS })
  const product = await Product.start()
  try {
    for (const tenant of TENANTS) await product.trickle('tenants', 'create', tenant).catch(() => undefined)
    const { serviceBus } = await product.status()
    await product.disturb({ seed: options.seed, rules })
    const startedAtMs = Date.now()
    const producers: ProducerCounts = { sent: 0, repeated: 0 }
    const sending = produce(serviceBus, planned, options.producers, producers)
    const kills = disturb(product, options, producers, onProgress)
    await sending
    const sentMs = Date.now() - startedAtMs
    onProgress(`sent ${producers.sent} messages in ${Math.round(sentMs / 1_000)} s`)
    await kills
    await untilEmpty(product, onProgress)
    const handledMs = Date.now() - startedAtMs
    onProgress('reconciling')
    const { postgres } = await product.ready()
    const counts = await product.counts()
    const deadLetters = QUEUES.reduce((sum, queue) => sum + (counts.get(queue)?.deadLetters ?? 0), 0)
    return {
      options,
      sentMs,
      handledMs,
      planned: countFates(planned),
      producers,
      faults: { hostKills: options.hostKills, postgresKills: 1 },
      ledger: await reconcileQueues(postgres.inspector, planned, deadLetters),
    }
  } finally {
    await product.stop()
  }
}

/** Kills the host and PostgreSQL, spread over the time of sending. */
async function disturb(
  product: Product,
  { messages, hostKills }: QueueSoakOptions,
  producers: ProducerCounts,
  onProgress: (line: string) => void,
): Promise<void> {
  const acts = [...Array.from({ length: hostKills }, () => 'host' as const), 'postgres' as const]
  for (const [index, act] of acts.entries()) {
    const share = (messages * (index + 1)) / (acts.length + 1)
    while (producers.sent < share) await delay(LOOK_EVERY_MS)
    const { background, processes } = await product.ready()
    const pid = act === 'host' ? background.hostPid : processes.find(({ name }) => name === 'postgres')?.pid
    if (typeof pid !== 'number') throw new Error(`there is no process of ${act}`)
    onProgress(`killing ${act} after ${producers.sent} messages`)
    process.kill(pid, 'SIGKILL')
    await product.ready()
  }
}

async function untilEmpty(product: Product, onProgress: (line: string) => void): Promise<void> {
  let left = Infinity
  let movedAtMs = Date.now()
  for (;;) {
    const counts = await product.counts()
    const now = QUEUES.reduce((sum, queue) => sum + (counts.get(queue)?.messages ?? 0), 0)
    if (now === 0) return
    if (now !== left) movedAtMs = Date.now()
    left = now
    onProgress(`${left} messages are left`)
    if (Date.now() - movedAtMs > STILL_MAX_MS)
      throw new Error(`${left} messages are left, and none was handled for long`)
    await delay(LOOK_EVERY_MS * 5)
  }
}

function countFates(planned: readonly PlannedMessage[]): Record<Fate, number> {
  const counts: Record<Fate, number> = { good: 0, duplicate: 0, malformed: 0, failing: 0 }
  for (const { fate } of planned) counts[fate] += 1
  return counts
}
