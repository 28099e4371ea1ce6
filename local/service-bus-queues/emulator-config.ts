/**
 * The official emulator's Config.json. Names, ranges and the fixed namespace are those of Schema/Config-schema.json in
 * Azure/azure-service-bus-emulator-installer (June 2026).
 */
import { parseDurationSeconds } from './duration.ts'
import type { Queue } from './queues.ts'
import type { Topic } from './topics.ts'

/** The limits of the emulator. The service in Azure allows more. */
const emulatorLimits = {
  /** The only name its namespace may have. */
  namespace: 'sbemulatorns',
  entitiesMax: 50,
  timeToLive: { least: 'PT5M', most: 'PT1H' },
  history: { least: 'PT5S', most: 'PT5M' },
  deliveriesMax: 10,
} as const

interface EmulatorQueue {
  readonly Name: string
  readonly Properties: {
    readonly DeadLetteringOnMessageExpiration: boolean
    readonly DefaultMessageTimeToLive: string
    readonly DuplicateDetectionHistoryTimeWindow: string
    readonly ForwardDeadLetteredMessagesTo: string
    readonly ForwardTo: string
    readonly LockDuration: string
    readonly MaxDeliveryCount: number
    readonly RequiresDuplicateDetection: boolean
    readonly RequiresSession: boolean
  }
}

interface EmulatorTopic {
  readonly Name: string
  readonly Properties: Pick<
    EmulatorQueue['Properties'],
    'DefaultMessageTimeToLive' | 'DuplicateDetectionHistoryTimeWindow' | 'RequiresDuplicateDetection'
  >
  readonly Subscriptions: readonly {
    readonly Name: string
    readonly Properties: Omit<
      EmulatorQueue['Properties'],
      'DuplicateDetectionHistoryTimeWindow' | 'RequiresDuplicateDetection'
    >
    readonly Rules: readonly []
  }[]
}

export interface EmulatorConfig {
  readonly UserConfig: {
    readonly Namespaces: readonly [
      {
        readonly Name: string
        readonly Queues: readonly EmulatorQueue[]
        readonly Topics: readonly EmulatorTopic[]
      },
    ]
    readonly Logging: { readonly Type: 'File' | 'Console' }
  }
}

/** A value that differs from the one in Azure, since the emulator does not accept that one. */
export interface Narrowed {
  readonly queue: string
  /** The setting's name in queues.json. */
  readonly setting: string
  readonly azure: string
  readonly emulator: string
}

/**
 * The emulator's file for these queues and topics, and what in it differs from Azure. Throws when there are more of them
 * than the emulator takes. Rights are not in it: the emulator has one key for everything.
 */
export function emulatorConfigOf(
  queues: readonly Queue[],
  topics: readonly Topic[] = [],
): { config: EmulatorConfig; narrowed: Narrowed[] } {
  const entities = queues.length + topics.length
  if (entities > emulatorLimits.entitiesMax)
    throw new Error(`${entities} queues and topics, and the emulator takes ${emulatorLimits.entitiesMax}`)
  const narrowed: Narrowed[] = []
  const narrowing = new Narrowing(narrowed)
  const namespace = {
    Name: emulatorLimits.namespace,
    Queues: queues.map((queue) => emulatorQueue(queue, narrowing)),
    Topics: topics.map((topic) => emulatorTopic(topic, narrowing)),
  }
  // To the console: log files in a container are lost when the container is removed.
  return { config: { UserConfig: { Namespaces: [namespace], Logging: { Type: 'Console' } } }, narrowed }
}

/** Brings values into the emulator's limits, and notes which. */
class Narrowing {
  readonly #narrowed: Narrowed[]

  constructor(narrowed: Narrowed[]) {
    this.#narrowed = narrowed
  }

  timeToLive(entity: string, azure: string): string {
    const emulator = nearest(azure, emulatorLimits.timeToLive)
    return this.#note(entity, 'defaultMessageTimeToLive', azure, emulator)
  }

  history(entity: string, azure: string): string {
    const emulator = nearest(azure, emulatorLimits.history)
    return this.#note(entity, 'duplicateDetectionHistoryTimeWindow', azure, emulator)
  }

  deliveries(entity: string, azure: number): number {
    return this.#note(entity, 'maxDeliveryCount', azure, Math.min(azure, emulatorLimits.deliveriesMax))
  }

  #note<Value extends string | number>(queue: string, setting: string, azure: Value, emulator: Value): Value {
    if (azure !== emulator)
      this.#narrowed.push({ queue, setting, azure: String(azure), emulator: String(emulator) })
    return emulator
  }
}

const emulatorQueue = (queue: Queue, narrowing: Narrowing): EmulatorQueue => ({
  Name: queue.name,
  Properties: {
    ...receivedProperties(queue.name, queue, narrowing),
    DuplicateDetectionHistoryTimeWindow: narrowing.history(
      queue.name,
      queue.duplicateDetectionHistoryTimeWindow,
    ),
    RequiresDuplicateDetection: queue.requiresDuplicateDetection,
  },
})

const emulatorTopic = (topic: Topic, narrowing: Narrowing): EmulatorTopic => ({
  Name: topic.name,
  Properties: {
    DefaultMessageTimeToLive: narrowing.timeToLive(topic.name, topic.defaultMessageTimeToLive),
    DuplicateDetectionHistoryTimeWindow: emulatorLimits.history.least,
    RequiresDuplicateDetection: false,
  },
  Subscriptions: topic.subscriptions.map((subscription) => ({
    Name: subscription.name,
    Properties: receivedProperties(`${topic.name}/${subscription.name}`, subscription, narrowing),
    Rules: [],
  })),
})

type Received = Pick<
  Queue,
  | 'deadLetteringOnMessageExpiration'
  | 'defaultMessageTimeToLive'
  | 'lockDuration'
  | 'maxDeliveryCount'
  | 'requiresSession'
>

/** What queues and subscriptions have alike. */
const receivedProperties = (name: string, received: Received, narrowing: Narrowing) => ({
  DeadLetteringOnMessageExpiration: received.deadLetteringOnMessageExpiration,
  DefaultMessageTimeToLive: narrowing.timeToLive(name, received.defaultMessageTimeToLive),
  ForwardDeadLetteredMessagesTo: '',
  ForwardTo: '',
  // Never changed: emulator and Azure both allow 5 s to 5 min, and another duration would change the behaviour.
  LockDuration: received.lockDuration,
  MaxDeliveryCount: narrowing.deliveries(name, received.maxDeliveryCount),
  RequiresSession: received.requiresSession,
})

/** The duration if it is within the limits, otherwise the nearest limit. */
function nearest(duration: string, { least, most }: { least: string; most: string }): string {
  const seconds = secondsOf(duration)
  if (seconds < secondsOf(least)) return least
  return seconds > secondsOf(most) ? most : duration
}

function secondsOf(duration: string): number {
  const seconds = parseDurationSeconds(duration)
  if (seconds === undefined) throw new Error(`not a duration: ${duration}`)
  return seconds
}
