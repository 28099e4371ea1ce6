import type { InvocationContext } from '@azure/functions'
import type { RunsOn } from '../sides/index.ts'
import type { QueueReceiver, QueueSender, QueueSettings } from './queue-settings.ts'

/** What a handler may use of the platform's invocation: its log lines carry the invocation's trace. */
export type TriggerLog = Pick<InvocationContext, 'log' | 'warn'>

export interface Timer {
  /**
   * Name of the Azure function: lower-case letters, digits and hyphens. On Linux an app setting can't disable one with a
   * hyphen.
   */
  readonly name: string
  /** NCRONTAB of six fields in UTC; or `%TRICKLE_...%`, a setting of the context that has a default. */
  readonly schedule: string
  /** Default: background. */
  readonly runsOn?: RunsOn
  /**
   * The subscription that this timer works on. It is named here so that no other trigger can use the same checkpoint.
   */
  readonly subscription?: string
  readonly run: (log: TriggerLog) => Promise<void>
}

/** A queue of Service Bus and what is done with its messages; made by `defineQueue`. */
export interface Queue {
  readonly name: string
  readonly settings: QueueSettings
  readonly senders: readonly QueueSender[]
  readonly receiver: QueueReceiver
  readonly runsOn: RunsOn
  /** @throws any error: Service Bus then delivers the message again, and sets it aside after the last attempt */
  readonly handle: (message: unknown, log: TriggerLog) => Promise<void>
}
