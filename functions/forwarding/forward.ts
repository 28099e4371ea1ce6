import type { TriggerLog } from '../../shared/context/index.ts'
import { runOnce } from '../../shared/subscriptions/index.ts'
import type { ForwardingServices } from './services.ts'

/**
 * No step begins after 20 s. Ten steps of 20,000 events are more than a schedule of seconds brings; the limit leaves
 * the worker process to other work in between.
 */
const budget = { timeMs: 20_000, stepsMax: 10 } as const

export async function forward(services: ForwardingServices, log: TriggerLog): Promise<void> {
  if (services.forwarder === null) return
  const result = await runOnce(services.database, services.forwarder, budget)
  if (result.events > 0)
    log.log(`forwarded: ${result.events} events, batches: ${result.steps}, ${result.outcome}`)
  else if (result.outcome === 'stopped')
    log.warn('the forwarder is stopped until an operator decides how to go on')
}
