/**
 * Messages as AMQP encodes them. Only what the broker decides by is read (ids, session, time to live, application
 * properties of dead letters); everything else stays the bytes that the sender sent.
 *
 * Invariant: a receiver gets every value with the type and the bytes that the sender gave it.
 */
export {
  isScheduled,
  messagesOfBatch,
  readMessage,
  withApplicationProperties,
  type MessageContent,
} from './content.ts'
export { bodilessMessage, deliveredMessage, type DeliveryFacts } from './delivered.ts'
