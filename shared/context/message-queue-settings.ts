import type { QueueSettings } from './queue-settings.ts'

/** What the product's own queues of messages are made with. */
export const messageQueueSettings = (order: 'any order' | 'in sessions'): QueueSettings => ({
  // A batch gets no renewal of its lock, and a message is held while the database can't be reached.
  lockDuration: 'PT5M',
  // The service's most. A message that the database keeps from being handled is held for minutes and then comes again,
  // so this outlasts an outage of days. What can never be handled is parked and not delivered again.
  maxDeliveryCount: 2_000,
  defaultMessageTimeToLive: 'P7D',
  requiresSession: order === 'in sessions',
  // Off: it looks at the MessageId alone, so the message 1 of one tenant would remove that of another, and a message that
  // is sent again after its repair would vanish. Receipts decide.
  requiresDuplicateDetection: false,
  duplicateDetectionHistoryTimeWindow: 'PT10M',
  deadLetteringOnMessageExpiration: true,
})
