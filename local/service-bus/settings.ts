import type { QueueSettings } from '../../packages/service-bus-stand-in/index.ts'
import { parseDurationSeconds } from '../service-bus-queues/index.ts'
import type { Queue } from '../service-bus-queues/index.ts'

/** A queue of infra/service-bus/queues.json as the broker takes it. Who may send and receive is not in it: all may. */
export function brokerSettings(queue: Queue): QueueSettings {
  return {
    name: queue.name,
    lockDurationMs: milliseconds(queue.lockDuration),
    maxDeliveryCount: queue.maxDeliveryCount,
    defaultMessageTimeToLiveMs: milliseconds(queue.defaultMessageTimeToLive),
    requiresSession: queue.requiresSession,
    duplicateDetectionHistoryMs: queue.requiresDuplicateDetection
      ? milliseconds(queue.duplicateDetectionHistoryTimeWindow)
      : undefined,
    deadLetteringOnMessageExpiration: queue.deadLetteringOnMessageExpiration,
  }
}

function milliseconds(duration: string): number {
  const seconds = parseDurationSeconds(duration)
  if (seconds === undefined) throw new Error(`not a duration: ${duration}`)
  return seconds * 1000
}
