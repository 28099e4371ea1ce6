/**
 * Messages of queues: what a message may say, what becomes of it, and the table of those that can't be handled as they
 * are. A message that never can be handled is parked in PostgreSQL for an operator, so it harms no other and is not
 * lost; one that may be handled later goes back to its queue.
 *
 * Invariants: a message that is delivered again never gets a second row; a decision about a message that was parked once
 * more since it was looked at is not taken. No body of a message is ever logged. Must not know the SDK of Service Bus:
 * what sends and receives is elsewhere.
 */
export { holdLimits, holdWhileAway, type HoldOptions } from './hold-while-away.ts'
export { MessageParking, parkedLimits, type MessageToPark } from './parked/message-parking.ts'
export {
  ParkedMessages,
  type DecisionOutcome,
  type OpenMessages,
  type ParkedMessage,
  type ParkedMessageQuery,
  type ParkedMessageSummary,
  type SeenMessage,
} from './parked/parked-messages.ts'
export { deliveriesOf, deliveryOf, type Delivery } from './delivery.ts'
export type { Envelope } from './envelope/envelope.ts'
export { readEnvelopes } from './envelope/read-envelopes.ts'
export { receiptOf } from './envelope/receipt-key.ts'
export { handleDeliveries, type MessageHandling, type MessageLog } from './handling/handle-deliveries.ts'
export { MayPassLater } from './handling/outcome.ts'
export { UncertainAttempts } from './handling/uncertain-attempts.ts'
export { queueTenantsSetting } from './handling/queue-tenants.ts'
export { sessionIdOf } from './session-id.ts'
