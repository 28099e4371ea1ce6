import { BrokerFailure } from '../failure.ts'
import { DEAD_LETTER_SUFFIX } from '../engine/index.ts'
import type { Queue, SubQueue, Topic } from '../engine/index.ts'

export const CLAIMS_ADDRESS = '$cbs'
const MANAGEMENT_SUFFIX = '/$management'

/** By their names in lower case. A subscription of a topic is a queue. */
export interface Entities {
  readonly queues: ReadonlyMap<string, Queue>
  readonly topics: ReadonlyMap<string, Topic>
}

/** What a link is attached to. */
export type Place =
  | { readonly kind: 'claims' }
  | { readonly kind: 'topic'; readonly topic: Topic }
  | { readonly kind: 'management'; readonly queue: Queue; readonly messages: SubQueue }
  | { readonly kind: 'messages'; readonly queue: Queue; readonly messages: SubQueue }

/**
 * Finds what an address names. It may be a url; case is ignored, as in Azure.
 * @throws BrokerFailure not-found
 */
export function placeOf(address: string | null | undefined, { queues, topics }: Entities): Place {
  const path = (address ?? '').replace(/^[a-z]+:\/\/[^/]*/iu, '').replace(/^\/|\/$/gu, '')
  if (path.toLowerCase() === CLAIMS_ADDRESS) return { kind: 'claims' }
  const isManagement = endsWith(path, MANAGEMENT_SUFFIX)
  const entity = isManagement ? path.slice(0, -MANAGEMENT_SUFFIX.length) : path
  const isDeadLetters = endsWith(entity, DEAD_LETTER_SUFFIX)
  const name = isDeadLetters ? entity.slice(0, -DEAD_LETTER_SUFFIX.length) : entity
  const topic = isManagement || isDeadLetters ? undefined : topics.get(name.toLowerCase())
  if (topic !== undefined) return { kind: 'topic', topic }
  const queue = queues.get(name.toLowerCase())
  if (queue === undefined) {
    const known = [...queues.values(), ...topics.values()].map((entity) => entity.name).join(', ')
    throw new BrokerFailure(
      'amqp:not-found',
      `The messaging entity '${path}' could not be found. The local broker has ${known}.`,
    )
  }
  const messages = isDeadLetters ? queue.deadLetters : queue.main
  return { kind: isManagement ? 'management' : 'messages', queue, messages }
}

function endsWith(text: string, suffix: string): boolean {
  return text.toLowerCase().endsWith(suffix.toLowerCase())
}
