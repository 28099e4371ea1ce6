import { Queue, StoredBytes, subscriptionAddress, Topic } from './engine/index.ts'
import type { QueueSettings, TopicSettings } from './engine/index.ts'
import { Faults } from './faults/index.ts'
import { Journal } from './journal/index.ts'
import type { JournalSource, ReplayedQueue } from './journal/index.ts'
import { STORED_BYTES_MAX } from './limits.ts'
import { listen } from './wire/index.ts'
import type { AccessKey } from './wire/index.ts'

export interface BrokerOptions {
  readonly queues: readonly QueueSettings[]
  readonly topics?: readonly TopicSettings[]
  /** Made if it is missing. One broker at a time; the caller sees to that. */
  readonly dataFolder: string
  /** 0 or absent: a free port is picked. */
  readonly port?: number
  /** What clients have to show. */
  readonly key: AccessKey
  /** Called with one line for trouble that no client gets to see. */
  readonly log?: (line: string) => void
  /** Called when the disk fails. Nothing is acknowledged any more, so the broker has to be ended. */
  readonly failed?: (error: unknown) => void
}

export interface RunningBroker {
  readonly port: number
  /** For the SDKs, unchanged. Holds the key. */
  readonly connectionString: string
  readonly faults: Faults
  /** What is in each queue now. */
  counts(): readonly QueueCounts[]
  /** Ends when everything is on the disk. */
  stop(): Promise<void>
}

export interface QueueCounts {
  readonly queue: string
  readonly messages: number
  readonly deadLetters: number
}

/** Once a second: a message may be received as much later than its time as this. */
const SWEEP_EVERY_MS = 1000

/**
 * Starts a broker in this process and waits until it serves.
 * @throws JournalFailure when the data folder can't be used; the system's error when the port is taken
 */
export async function startBroker(options: BrokerOptions): Promise<RunningBroker> {
  const log = options.log ?? (() => undefined)
  const { journal, queues: replayed } = await Journal.open(options.dataFolder, (error) => {
    options.failed?.(error)
  })
  const described = [...options.queues, ...(options.topics ?? []).flatMap((topic) => queuesOf(topic))]
  const queues = openQueues(described, journal, replayed)
  const topics = openTopics(options.topics ?? [], queues)
  const unknown = [...replayed].filter(([name]) => !queues.has(name.toLowerCase()))
  for (const [name, { messages }] of unknown) {
    if (messages.size > 0)
      log(`The queue ${name} is not described any more; its ${messages.size} messages are kept until it is.`)
  }
  journal.keep(sourceOf(queues, unknown))
  for (const queue of queues.values()) {
    const found = replayed.get(queue.settings.name)
    if (found !== undefined) queue.restore({ messages: found.messages.values(), seen: found.seen.values() })
  }
  const faults = new Faults()
  const sweep = setInterval(() => {
    for (const queue of queues.values()) queue.sweep()
  }, SWEEP_EVERY_MS)
  const close = async (): Promise<void> => {
    clearInterval(sweep)
    for (const queue of queues.values()) queue.close()
    await journal.close()
  }
  try {
    const wire = await listen(options.port ?? 0, {
      queues,
      topics,
      key: options.key,
      faults,
      now: Date.now,
      log,
    })
    return {
      port: wire.port,
      connectionString: connectionString(wire.port, options.key),
      faults,
      counts: () => [...queues.values()].map((queue) => countsOf(queue)),
      stop: async () => {
        await wire.close()
        await close()
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** By their names in lower case. */
function openQueues(
  described: readonly QueueSettings[],
  journal: Journal,
  replayed: ReadonlyMap<string, ReplayedQueue>,
): Map<string, Queue> {
  const storedBytes = new StoredBytes(STORED_BYTES_MAX)
  return new Map(
    described.map((settings) => {
      const queue = new Queue({ settings, journal, storedBytes, now: Date.now })
      queue.nextSequenceNumber = replayed.get(settings.name)?.nextSequenceNumber ?? 1
      return [settings.name.toLowerCase(), queue]
    }),
  )
}

/** The queues of a topic's subscriptions. */
const queuesOf = ({ name, subscriptions }: TopicSettings): QueueSettings[] =>
  subscriptions.map((settings) => ({ ...settings, name: subscriptionAddress(name, settings.name) }))

/** By their names in lower case. */
function openTopics(
  described: readonly TopicSettings[],
  queues: ReadonlyMap<string, Queue>,
): ReadonlyMap<string, Topic> {
  const subscriptionsOf = (topic: TopicSettings): Queue[] =>
    queuesOf(topic).flatMap(({ name }) => queues.get(name.toLowerCase()) ?? [])
  return new Map(
    described.map((topic) => [topic.name.toLowerCase(), new Topic(topic.name, subscriptionsOf(topic))]),
  )
}

/** For the journal: all that must be kept, that of queues without a description too. */
function sourceOf(
  queues: ReadonlyMap<string, Queue>,
  unknown: readonly [string, ReplayedQueue][],
): JournalSource {
  return {
    *heads() {
      for (const { settings, nextSequenceNumber } of queues.values())
        yield { queue: settings.name, nextSequenceNumber }
      for (const [queue, { nextSequenceNumber }] of unknown) yield { queue, nextSequenceNumber }
    },
    *messages() {
      for (const { main, deadLetters } of queues.values()) {
        yield* main.messages.values()
        yield* deadLetters.messages.values()
      }
      for (const [, { messages }] of unknown) yield* messages.values()
    },
    *seen() {
      for (const { settings, history } of queues.values())
        for (const seen of history?.all() ?? []) yield { queue: settings.name, seen }
    },
  }
}

function countsOf({ settings, main, deadLetters }: Queue): QueueCounts {
  return { queue: settings.name, messages: main.messages.size, deadLetters: deadLetters.messages.size }
}

/** `UseDevelopmentEmulator` makes the SDKs speak plain TCP to the port, as to Microsoft's emulator. */
function connectionString(port: number, { name, value }: AccessKey): string {
  return `Endpoint=sb://127.0.0.1:${port};SharedAccessKeyName=${name};SharedAccessKey=${value};UseDevelopmentEmulator=true;`
}
