import { isTrickleError, TrickleError } from '../errors/index.ts'
import type { OutgoingMessage } from '../service-bus/index.ts'
import { defineSubscription, RetryLater } from '../subscriptions/index.ts'
import type { EventSubscription, Subscription, SubscriptionEvent } from '../subscriptions/index.ts'
import type { CloudEventContent } from './cloud-event.ts'
import { publishedMessage } from './published-message.ts'

/** What other systems get of an event. */
export interface PublishedEvent {
  /** Their name for it. Default: the event's type. */
  readonly type?: string
  /** Written as JSON. Numbers that the log holds exactly (`isRawJson`) keep their text. */
  readonly data: unknown
}

/** What is used of a connection to Service Bus. */
export interface TopicSender {
  readonly send: (topic: string, messages: readonly OutgoingMessage[]) => Promise<void>
}

export interface PublicationDefinition extends Pick<
  EventSubscription,
  'name' | 'types' | 'streamTypes' | 'startAt' | 'maxAttempts' | 'onPoison'
> {
  /** One of the context's `topics`. */
  readonly topic: string
  /** Asked for when there is something to send. */
  readonly sender: () => TopicSender
  /**
   * What is published of an event; null: nothing. Default: its type and data as they are stored. What other systems
   * read should be a form of its own, which stays when the events of the log change.
   */
  readonly publish?: (event: SubscriptionEvent) => PublishedEvent | null
}

/**
 * Publishes events to a topic, as a subscription: at least once, each stream in its order. It is run, watched, paused and
 * repaired as every subscription. An event that cannot be sent while the service is away is tried again later and keeps
 * its stream waiting; one that can never be sent is parked.
 * @throws TrickleError CONFIGURATION_INVALID, as defineSubscription
 */
export function definePublication(definition: PublicationDefinition): Subscription {
  const { topic, sender, publish, ...options } = definition
  return defineSubscription({
    ...options,
    async handle(event) {
      const content = contentOf(event, publish)
      if (content === null) return
      const message = publishedMessage(event, content)
      try {
        await sender().send(topic, [message])
      } catch (error) {
        throw isSetting(error) ? new RetryLater(error.message, { cause: error }) : error
      }
    },
  })
}

/** A topic that is missing or may not be used is not the event's fault: none is parked because of it. */
const isSetting = (error: unknown): error is TrickleError =>
  isTrickleError(error) && error.code === 'CONFIGURATION_INVALID'

function contentOf(
  event: SubscriptionEvent,
  publish: PublicationDefinition['publish'],
): CloudEventContent | null {
  if (publish === undefined) return { type: event.type, dataText: event.dataText }
  const published = publish(event)
  if (published === null) return null
  const dataText = JSON.stringify(published.data) as string | undefined
  if (dataText === undefined)
    throw new TrickleError('INTERNAL', 'What is published of an event must be a value of JSON; null is one.')
  return { type: published.type ?? event.type, dataText }
}
