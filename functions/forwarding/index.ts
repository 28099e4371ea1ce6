/**
 * Forwarding: wakes the subscription that sends events to Azure Data Explorer. The timer is the backstop; the work and
 * its lease are those of shared/adx and shared/subscriptions.
 */
import { app, type InvocationContext, type Timer } from '@azure/functions'
import { runOnce } from '../../shared/subscriptions/index.ts'
import type { Services } from '../services.ts'

/**
 * No step begins after this; ten steps of 20,000 events are more than a schedule of seconds brings, and leave the worker
 * to others in between.
 */
const BUDGET = { timeMs: 20_000, stepsMax: 10 } as const

export function registerForwarding(services: () => Services): void {
  app.timer('forward-adx', {
    schedule: '%TRICKLE_FORWARD_SCHEDULE%',
    handler: (_timer: Timer, context: InvocationContext) => forward(services(), context),
  })
}

async function forward(services: Services, context: InvocationContext): Promise<void> {
  if (!services.forwardsToAnalytics) return
  const result = await runOnce(services.forwarderDatabase, services.forwarder, BUDGET)
  if (result.events > 0)
    context.log(`forwarded: ${result.events} events, batches: ${result.steps}, ${result.outcome}`)
  else if (result.outcome === 'stopped')
    context.warn('the forwarder is stopped until an operator decides how to go on')
}
