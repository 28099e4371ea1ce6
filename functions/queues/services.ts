import type { MadeBy } from '../../shared/context/index.ts'
import { TrickleError } from '../../shared/errors/index.ts'
import { ParkedMessages } from '../../shared/messages/index.ts'
import { DeadLetters } from '../../shared/service-bus/index.ts'
import type { Platform } from '../platform.ts'
import { DeadLetterRepair } from './dead-letter-repair.ts'
import { queueErrors } from './errors.ts'
import { problemsOfMessage } from './message-check.ts'
import { ParkedRepair } from './parked-repair.ts'
import type { KnownQueue } from './prepare.ts'

export const queueServices = ({ databases, serviceBus, queues, clock }: Platform) => ({
  queues: () => knownQueues(queues),
  parked: () => new ParkedMessages(databases.operator),
  /** A timer works as the worker, which may see how many there are and no more. */
  parkedByWorker: () => new ParkedMessages(databases.worker),
  parkedRepair: () => new ParkedRepair(new ParkedMessages(databases.operator), serviceBus.operator),
  deadLetters: () => new DeadLetters(serviceBus.operator),
  deadLetterRepair: () =>
    new DeadLetterRepair(new DeadLetters(serviceBus.operator), serviceBus.operator, databases.operator),
  serviceBus: () => serviceBus.operator,
  clock: () => clock,
})

export type QueueServices = MadeBy<ReturnType<typeof queueServices>>

/** The queues of this version, by name. */
export type KnownQueues = ReadonlyMap<string, KnownQueue>

const knownQueues = (queues: Platform['queues']): KnownQueues =>
  new Map(
    Object.entries(queues).map(([name, { takesEnvelopes, ...settings }]) => [
      name,
      { ...settings, name, problemsOf: (message) => problemsOfMessage(message, takesEnvelopes) },
    ]),
  )

/** @throws TrickleError QUEUE_NOT_FOUND */
export function knownQueue(queues: KnownQueues, name: string): KnownQueue {
  const queue = queues.get(name)
  if (queue !== undefined) return queue
  throw new TrickleError(
    queueErrors.QUEUE_NOT_FOUND,
    `There is no queue ${JSON.stringify(name)}. There are: ${[...queues.keys()].toSorted().join(', ')}.`,
  )
}
