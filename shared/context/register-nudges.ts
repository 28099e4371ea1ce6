import { namesOfNudge, NUDGES_QUEUE, WakeUps } from '../nudges/index.ts'
import { queueConnections } from './queue-settings.ts'
import type { TriggersApp } from './register.ts'
import type { SubscriptionTimer, TriggerLog } from './triggers.ts'

/** Registers the function that a nudge wakes: it runs the subscriptions that the nudge names. */
export function registerNudges(
  app: Pick<TriggersApp, 'serviceBusQueue'>,
  runs: ReadonlyMap<string, SubscriptionTimer['run']>,
  nudge: () => void,
): void {
  const wakeUps = new WakeUps<TriggerLog>({
    runs,
    askAgain: nudge,
    failed: (name, error, log) =>
      log.warn(`${name} was woken by a nudge and failed; it is tried again later.`, error),
  })
  app.serviceBusQueue(NUDGES_QUEUE, {
    queueName: NUDGES_QUEUE,
    connection: queueConnections.forwarder,
    async handler(message, context) {
      const names = namesOfNudge(message)
      // What is no nudge is worth no second attempt.
      if (names === null) context.warn(`A message of ${NUDGES_QUEUE} is no nudge, and is left out.`)
      else await wakeUps.wake(names, context)
    },
  })
}
