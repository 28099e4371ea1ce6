import type { ServiceBusQueueFunctionOptions, TimerFunctionOptions } from '@azure/functions'
import type { Database } from '../postgres/index.ts'
import { isRunBy } from '../sides/index.ts'
import type { RunsOn } from '../sides/index.ts'
import { problemLine, runSubscription } from '../subscriptions/index.ts'
import type { Subscription } from '../subscriptions/index.ts'
import type { Triggers } from './define-context.ts'
import { queueConnections } from './queue-settings.ts'
import type { Timer, TriggerLog } from './triggers.ts'

/** What is used of `app` of @azure/functions. */
export interface TriggersApp {
  readonly timer: (name: string, options: TimerFunctionOptions) => void
  readonly serviceBusQueue: (name: string, options: ServiceBusQueueFunctionOptions) => void
}

export interface RegisterOptions {
  /** Which side of the product this app is. */
  readonly runsOn: RunsOn
  /** The login under which subscriptions of contexts work; asked for when the first of them runs. */
  readonly subscriptionDatabase: () => Database
}

/** Registers timers, queues and the runs of subscriptions; the kernel registers routes. Opens nothing. */
export function registerTriggers(
  app: TriggersApp,
  { timers, queues, subscriptions }: Omit<Triggers<never>, 'routes'>,
  { runsOn, subscriptionDatabase }: RegisterOptions,
): void {
  const runs = subscriptions.map((subscription) => ({
    ...timerOfSubscription(subscription),
    run: async (log: TriggerLog) => run(subscription, subscriptionDatabase(), log),
  }))
  for (const timer of [...timers, ...runs]) {
    if (!isRunBy(timer.runsOn ?? 'background', runsOn)) continue
    app.timer(timer.name, {
      schedule: timer.schedule,
      handler: (_timer, context) => timer.run(context),
    })
  }
  for (const queue of queues) {
    if (!isRunBy(queue.runsOn, runsOn)) continue
    app.serviceBusQueue(queue.name, {
      queueName: queue.name,
      connection: queueConnections[queue.receiver],
      isSessionsEnabled: queue.settings.requiresSession,
      handler: (message, context) => queue.handle(message, context),
    })
  }
}

/** Every 10 s is soon enough for a count that people look at. A run without new events is one short statement. */
const SCHEDULE = '*/10 * * * * *'

/**
 * No step begins after 20 s, so that a run ends long before host.json's functionTimeout would kill the worker; the next
 * one goes on where it stopped.
 */
const budget = { timeMs: 20_000, stepsMax: 100 } as const

/** A timer for each subscription, so that one that is slow or fails delays no other. */
export const timerOfSubscription = ({ name }: Pick<Subscription, 'name'>): Omit<Timer, 'run'> => ({
  name: `subscription-${name}`,
  schedule: SCHEDULE,
  runsOn: 'background',
  subscription: name,
})

async function run(subscription: Subscription, database: Database, log: TriggerLog): Promise<void> {
  const { name } = subscription
  const { outcome, events } = await runSubscription(database, subscription, {
    ...budget,
    onProblem: (problem) => {
      const line = problemLine(problem)
      // The whole error with its stack is told once for an event, when nothing more is tried.
      if (problem.action === 'retry' || problem.action === 'later') log.warn(line)
      else log.warn(line, problem.error)
    },
  })
  if (events > 0) log.log(`${name}: ${events} events, ${outcome}`)
  if (outcome === 'stopped')
    log.warn(`${name} is stopped until an operator decides. Why: trickle subscriptions show ${name}`)
}
