/** How a queue behaves. The names are those of Azure; durations are milliseconds. */
export interface QueueSettings {
  readonly name: string
  readonly lockDurationMs: number
  /** After so many failed deliveries a message becomes a dead letter. */
  readonly maxDeliveryCount: number
  readonly defaultMessageTimeToLiveMs: number
  readonly requiresSession: boolean
  /** Undefined: duplicates are not looked for. */
  readonly duplicateDetectionHistoryMs: number | undefined
  readonly deadLetteringOnMessageExpiration: boolean
}

/** A topic and its subscriptions, each of which behaves as a queue. */
export interface TopicSettings {
  readonly name: string
  /** Their names are those of the subscriptions alone. */
  readonly subscriptions: readonly QueueSettings[]
}

/** Milliseconds since 1970. A test may give a clock of its own; timers always run in real time. */
export type Now = () => number
