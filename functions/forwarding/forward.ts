import type { TriggerLog } from '../../shared/context/index.ts'
import type { RunResult } from '../../shared/subscriptions/index.ts'
import { runOnce } from '../../shared/subscriptions/index.ts'
import type { ForwardingServices } from './services.ts'

/**
 * No step begins after 20 s. Ten steps of 20,000 events are more than a schedule of seconds brings; the limit leaves
 * the worker process to other work in between.
 */
const budget = { timeMs: 20_000, stepsMax: 10 } as const

/** @returns what the run ended with; done where nothing is forwarded */
export async function forward(services: ForwardingServices, log: TriggerLog): Promise<RunResult['outcome']> {
  if (services.forwarder === null) return 'done'
  const result = await runOnce(services.database, services.forwarder, budget)
  if (result.events > 0)
    log.log(`forwarded: ${result.events} events, batches: ${result.steps}, ${result.outcome}`)
  return result.outcome
}
