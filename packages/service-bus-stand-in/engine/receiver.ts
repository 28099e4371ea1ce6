import type { StoredMessage } from './stored-message.ts'

/** One delivery of a message to a receiver. */
export interface Delivery {
  readonly message: StoredMessage
  /** A uuid, lower case with dashes. */
  readonly lockToken: string
  readonly lockedUntil: number
}

/** Somebody who takes messages: a link of a client. */
export interface Receiver {
  /** How many more messages it takes now. */
  credit(): number
  deliver(delivery: Delivery): void
  /** True: a message counts as completed when it is delivered (receive and delete). */
  readonly removesAtOnce: boolean
}

export interface SessionReceiver extends Receiver {
  /** The lock on its session is over, so it gets nothing any more. */
  sessionLost(sessionId: string): void
}

/** What a way of delivering needs of its queue. */
export interface DeliveryEvents {
  /** Called before a message is given away. False: it has expired and is dealt with. */
  isDeliverable(message: StoredMessage): boolean
  /** The message goes to a receiver now. */
  delivering(message: StoredMessage): void
  /** It was delivered for good, to a receiver that removes at once. */
  delivered(message: StoredMessage): void
  /** Its lock is over without a settlement. */
  lockLost(message: StoredMessage): void
}
