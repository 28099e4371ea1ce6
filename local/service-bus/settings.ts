import type { QueueSettings, TopicSettings } from '../../packages/service-bus-stand-in/index.ts'
import { parseDurationSeconds } from '../service-bus-queues/index.ts'
import type { Queue, Topic } from '../service-bus-queues/index.ts'

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

/** A topic of infra/service-bus/queues.json as the broker takes it. */
export function brokerTopic({ name, defaultMessageTimeToLive, subscriptions }: Topic): TopicSettings {
  return {
    name,
    subscriptions: subscriptions.map((subscription) => ({
      name: subscription.name,
      lockDurationMs: milliseconds(subscription.lockDuration),
      maxDeliveryCount: subscription.maxDeliveryCount,
      // The shorter of the two holds in Azure.
      defaultMessageTimeToLiveMs: Math.min(
        milliseconds(subscription.defaultMessageTimeToLive),
        milliseconds(defaultMessageTimeToLive),
      ),
      requiresSession: subscription.requiresSession,
      duplicateDetectionHistoryMs: undefined,
      deadLetteringOnMessageExpiration: subscription.deadLetteringOnMessageExpiration,
    })),
  }
}

function milliseconds(duration: string): number {
  const seconds = parseDurationSeconds(duration)
  if (seconds === undefined) throw new Error(`not a duration: ${duration}`)
  return seconds * 1000
}
