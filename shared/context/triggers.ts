import type { InvocationContext } from '@azure/functions'
import type { RunsOn } from '../sides/index.ts'
import type { SubscriptionRun } from '../subscriptions/index.ts'
import type { QueueReceiver, QueueSender, QueueSettings } from './queue-settings.ts'

/** What a handler may use of the platform's invocation: its log lines carry the invocation's trace. */
export type TriggerLog = Pick<InvocationContext, 'log' | 'warn'>

/** A call of a queue's function. The metadata tells what the host knows of the messages besides their bodies. */
export type QueueCall = TriggerLog & Pick<InvocationContext, 'triggerMetadata'>

interface TimerFacts {
  /**
   * Name of the Azure function: lower-case letters, digits and hyphens. On Linux an app setting can't disable one with a
   * hyphen.
   */
  readonly name: string
  /** NCRONTAB of six fields in UTC; or `%TRICKLE_...%`, a setting of the context that has a default. */
  readonly schedule: string
  /** Default: background. */
  readonly runsOn?: RunsOn
}

/** A timer that works on no subscription. */
export interface PlainTimer extends TimerFacts {
  readonly subscription?: undefined
  readonly run: (log: TriggerLog) => Promise<void>
}

/** A timer that works on a subscription. Where nudges wake it, the timer is only the backstop. */
export interface SubscriptionTimer extends TimerFacts {
  /** It is named here so that no other trigger can use the same checkpoint, and so that nudges find it. */
  readonly subscription: string
  /** What the run ended with, as `runOnce` and `runSubscription` give it. */
  readonly run: (log: TriggerLog) => Promise<SubscriptionRun['outcome']>
}

export type Timer = PlainTimer | SubscriptionTimer

/** A queue of Service Bus and what is done with its messages; made by `defineQueue` or `defineMessageQueue`. */
export interface Queue {
  readonly name: string
  readonly settings: QueueSettings
  readonly senders: readonly QueueSender[]
  readonly receiver: QueueReceiver
  readonly runsOn: RunsOn
  /** Whether `handle` gets an array of messages. With sessions a batch is of one session, and an instance has one. */
  readonly isBatch: boolean
  /** Whether a body comes as bytes. Otherwise the library parses it as JSON, and a large number loses its last digits. */
  readonly isBinary: boolean
  /** Whether a deployment without a Service Bus is refused. Otherwise the queue's function is not there then. */
  readonly needsServiceBus: boolean
  /** @throws any error: Service Bus then delivers the message again, and sets it aside after the last attempt */
  readonly handle: (message: unknown, call: QueueCall) => Promise<void>
}
