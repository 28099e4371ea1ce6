/**
 * What the broker answers when it refuses something. `condition` is the symbol that AMQP clients read; the SDKs turn it
 * into their own codes (MessageLockLost, SessionCannotBeLocked, QuotaExceeded, ...).
 */
export class BrokerFailure extends Error {
  override readonly name = 'BrokerFailure'
  readonly condition: Condition

  constructor(condition: Condition, message: string) {
    super(message)
    this.condition = condition
  }
}

/** The conditions of the page "AMQP errors" of Service Bus's documentation that the stand-in uses. */
export type Condition =
  | 'amqp:internal-error'
  | 'amqp:link:message-size-exceeded'
  | 'amqp:not-allowed'
  | 'amqp:not-found'
  | 'amqp:not-implemented'
  | 'amqp:resource-limit-exceeded'
  | 'amqp:unauthorized-access'
  | 'amqp:decode-error'
  | 'amqp:invalid-field'
  | 'com.microsoft:message-lock-lost'
  | 'com.microsoft:session-lock-lost'
  | 'com.microsoft:session-cannot-be-locked'
  | 'com.microsoft:timeout'

export function messageLockLost(): BrokerFailure {
  return new BrokerFailure(
    'com.microsoft:message-lock-lost',
    'The lock supplied is invalid. Either the lock expired, or the message has already been removed from the queue.',
  )
}

/** @param sessionId absent when it is not known any more */
export function sessionLockLost(sessionId?: string): BrokerFailure {
  const session = sessionId === undefined ? 'the session' : `the session '${sessionId}'`
  return new BrokerFailure(
    'com.microsoft:session-lock-lost',
    `The lock on ${session} has expired, or another receiver has it. Accept the session again.`,
  )
}

/** The real service has it; the stand-in does not, since nothing of the product uses it. */
export function notBuilt(what: string): BrokerFailure {
  return new BrokerFailure('amqp:not-implemented', `The local Service Bus broker does not support ${what}.`)
}
