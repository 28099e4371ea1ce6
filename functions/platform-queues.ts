import type { QueueEntry } from '../shared/context/index.ts'

/** The queues that belong to no context. infra/service-bus/queues.json is made of these and of those of contexts. */
export const platformQueues: Readonly<Record<string, QueueEntry>> = {
  'trickle-nudges': {
    lockDuration: 'PT1M',
    maxDeliveryCount: 3,
    defaultMessageTimeToLive: 'PT5M',
    requiresSession: false,
    requiresDuplicateDetection: true,
    duplicateDetectionHistoryTimeWindow: 'PT20S',
    deadLetteringOnMessageExpiration: false,
    sender: ['app', 'worker', 'operator'],
    receiver: ['forwarder'],
  },
}
