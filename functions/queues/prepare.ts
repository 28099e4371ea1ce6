import { randomUUID } from 'node:crypto'
import type { QueueSettings } from '../../shared/context/index.ts'
import { TrickleError } from '../../shared/errors/index.ts'
import type { ParkedMessage } from '../../shared/messages/index.ts'
import type { OutgoingMessage, StoredMessage } from '../../shared/service-bus/index.ts'

/** A queue that messages can be sent to again. */
export interface KnownQueue extends Pick<QueueSettings, 'requiresSession' | 'requiresDuplicateDetection'> {
  readonly name: string
  /** What would make the message be parked at once. Names places and never values. */
  readonly problemsOf: (message: OutgoingMessage) => Promise<readonly string[]>
}

/** A message as it is to be sent again; null where it can't be. */
export interface Prepared {
  readonly message: OutgoingMessage | null
  readonly problems: readonly string[]
}

/**
 * @param edited the body to send in place of the message's own; null for that
 * @throws TrickleError VALIDATION_FAILED for an edited body that would be parked at once
 */
export async function prepareParked(
  parked: ParkedMessage,
  queue: KnownQueue,
  edited: Buffer | null,
): Promise<Prepared> {
  if (edited === null && parked.isCut) {
    return refused(
      `Only the first ${parked.body.length} of its ${parked.bodyBytes} bytes were kept: send it again from where it came.`,
    )
  }
  const { body, contentType, messageId, sessionId, applicationProperties } = parked
  return prepare(
    { body, properties: applicationProperties, ...present({ contentType, messageId, sessionId }) },
    queue,
    edited,
  )
}

/** As for a parked message. */
export async function prepareDeadLetter(
  letter: StoredMessage,
  queue: KnownQueue,
  edited: Buffer | null,
): Promise<Prepared> {
  const { body, contentType, messageId, sessionId, correlationId, subject } = letter
  const own = Object.entries(letter.properties).filter(([name]) => !ADDED_PROPERTIES.has(name))
  return prepare(
    {
      body,
      properties: Object.fromEntries(own),
      ...present({ contentType, messageId, sessionId, correlationId, subject }),
    },
    queue,
    edited,
  )
}

/** Service Bus adds them to a dead letter: they are not the sender's. */
const ADDED_PROPERTIES = new Set(['DeadLetterReason', 'DeadLetterErrorDescription'])

/** The time to live is not taken over: it may be past, and the message would be thrown away when it arrives. */
async function prepare(
  original: OutgoingMessage,
  queue: KnownQueue,
  edited: Buffer | null,
): Promise<Prepared> {
  if (queue.requiresSession && original.sessionId === undefined)
    return refused('It has no session, and its queue takes none without: send it again from where it came.')
  const message: OutgoingMessage = {
    ...original,
    ...(edited === null ? {} : { body: edited }),
    // A queue that removes duplicates would take an id that it has seen, and throw the message away.
    ...(queue.requiresDuplicateDetection ? { messageId: randomUUID() } : {}),
  }
  const problems = await queue.problemsOf(message)
  if (problems.length === 0) return { message, problems }
  if (edited === null) return { message: null, problems }
  throw new TrickleError(
    'VALIDATION_FAILED',
    `The edited body would be parked at once. ${problems.join(' ')}`,
    {
      errors: problems.map((problem) => ({ pointer: '/body', message: problem })),
    },
  )
}

const refused = (problem: string): Prepared => ({ message: null, problems: [problem] })

type Present<Texts> = { readonly [Name in keyof Texts]?: string }

const present = <Texts extends Readonly<Record<string, string | null | undefined>>>(
  texts: Texts,
): Present<Texts> =>
  // This cast is safe: what is left of the texts are strings under their own names.
  Object.fromEntries(
    Object.entries(texts).filter(([, text]) => text !== null && text !== undefined),
  ) as Present<Texts>
