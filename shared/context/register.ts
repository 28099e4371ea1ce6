import type { ServiceBusQueueFunctionOptions, TimerFunctionOptions } from '@azure/functions'
import type { Nudging } from '../config/index.ts'
import type { Database } from '../postgres/index.ts'
import { isRunBy } from '../sides/index.ts'
import type { RunsOn } from '../sides/index.ts'
import { problemLine, runSubscription } from '../subscriptions/index.ts'
import type { Subscription, SubscriptionRun } from '../subscriptions/index.ts'
import type { Triggers } from './define-context.ts'
import { queueConnections } from './queue-settings.ts'
import { registerNudges } from './register-nudges.ts'
import type { SubscriptionTimer, TriggerLog } from './triggers.ts'

/** The library passes `dataType` on to the host, and its types lack it: binary is a body as bytes. */
export type QueueFunctionOptions = ServiceBusQueueFunctionOptions & { readonly dataType?: 'binary' }

/** What is used of `app` of @azure/functions. */
export interface TriggersApp {
  readonly timer: (name: string, options: TimerFunctionOptions) => void
  readonly serviceBusQueue: (name: string, options: QueueFunctionOptions) => void
}

export interface RegisterOptions {
  /** Which side of the product this app is. */
  readonly runsOn: RunsOn
  /** The login under which subscriptions of contexts work; asked for when the first of them runs. */
  readonly subscriptionDatabase: () => Database
  /** Whether nudges wake subscriptions, beside their timers. */
  readonly nudging: Nudging | null
  /** Asks for a nudge, where there is more to do than one run may. */
  readonly nudge: () => void
  /** Whether this app has a connection to Service Bus, by the prefix of its settings. */
  readonly hasConnection: (prefix: string) => boolean
}

/** Registers timers, queues and the runs of subscriptions; the kernel registers routes. Opens nothing. */
export function registerTriggers(
  app: TriggersApp,
  { timers, queues, subscriptions }: Omit<Triggers<never>, 'routes' | 'commands'>,
  { runsOn, subscriptionDatabase, nudging, nudge, hasConnection }: RegisterOptions,
): void {
  const runs = subscriptions.map((subscription) => ({
    ...timerOfSubscription(subscription),
    run: (log: TriggerLog) => run(subscription, subscriptionDatabase(), log),
  }))
  const here = [...timers, ...runs].filter((timer) => isRunBy(timer.runsOn ?? 'background', runsOn))
  for (const timer of here) {
    if (timer.subscription === undefined) {
      const { name, schedule, run: runPlain } = timer
      app.timer(name, { schedule, handler: (_timer, context) => runPlain(context) })
    } else registerSubscriptionTimer(app, timer, nudging, nudge)
  }
  if (nudging !== null) {
    const worked = here.filter((timer) => timer.subscription !== undefined)
    registerNudges(app, new Map(worked.map((timer) => [timer.subscription, timer.run])), nudge)
  }
  for (const queue of queues) {
    const connection = queueConnections[queue.receiver]
    // A function whose connection is missing would make the host report an error at each start.
    if (!isRunBy(queue.runsOn, runsOn) || !(queue.needsServiceBus || hasConnection(connection))) continue
    app.serviceBusQueue(queue.name, {
      queueName: queue.name,
      connection,
      isSessionsEnabled: queue.settings.requiresSession,
      ...(queue.isBatch ? { cardinality: 'many' } : {}),
      ...(queue.isBinary ? { dataType: 'binary' } : {}),
      handler: (message, context) => queue.handle(message, context),
    })
  }
}

function registerSubscriptionTimer(
  app: TriggersApp,
  { name, schedule, subscription, run: work }: SubscriptionTimer,
  nudging: Nudging | null,
  nudge: () => void,
): void {
  app.timer(name, {
    schedule: nudging?.backstopSchedule ?? schedule,
    async handler(_timer, context) {
      const outcome = await work(context)
      // The next timer may be long in coming.
      if (outcome === 'budget-spent') nudge()
      if (outcome === 'stopped')
        context.warn(
          `${subscription} is stopped until an operator decides. Why: trickle subscriptions show ${subscription}`,
        )
    },
  })
}

/**
 * Without nudges. Every 10 s is soon enough for a count that people look at. A run without new events is one short
 * statement.
 */
const SCHEDULE = '*/10 * * * * *'

/**
 * No step begins after 20 s, so that a run ends long before host.json's functionTimeout would kill the worker; the next
 * one goes on where it stopped.
 */
const budget = { timeMs: 20_000, stepsMax: 100 } as const

/** A timer for each subscription, so that one that is slow or fails delays no other. */
export const timerOfSubscription = ({
  name,
}: Pick<Subscription, 'name'>): Omit<SubscriptionTimer, 'run'> => ({
  name: `subscription-${name}`,
  schedule: SCHEDULE,
  runsOn: 'background',
  subscription: name,
})

async function run(
  subscription: Subscription,
  database: Database,
  log: TriggerLog,
): Promise<SubscriptionRun['outcome']> {
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
  return outcome
}
