import { createHash } from 'node:crypto'
import { sessionIdOf } from '../messages/index.ts'
import type { OutgoingMessage } from '../service-bus/index.ts'
import type { SubscriptionEvent } from '../subscriptions/index.ts'
import { cloudEventText } from './cloud-event.ts'
import type { CloudEventContent } from './cloud-event.ts'

/**
 * The message of an event. Its id is a hash of what makes the event unique (tenant, source, id), so that it is the same
 * when the event is sent again; a source and an id alone may be longer than the 128 characters that a message id has.
 * The session is the stream. Type, tenant and stream type are properties, by which a subscription of a topic can filter.
 */
export function publishedMessage(event: SubscriptionEvent, content: CloudEventContent): OutgoingMessage {
  return {
    body: Buffer.from(cloudEventText(event, content)),
    contentType: 'application/cloudevents+json; charset=utf-8',
    messageId: hashOf(event.tenantId, event.source, event.id),
    sessionId: sessionIdOf(event.tenantId, event.streamId),
    subject: content.type,
    ...(event.correlationId === null || event.correlationId.length > CORRELATION_CHARACTERS_MAX
      ? {}
      : { correlationId: event.correlationId }),
    properties: {
      tenant: event.tenantId,
      type: content.type,
      ...(event.streamType === null ? {} : { streamType: event.streamType }),
      ...(event.traceParent === null ? {} : { traceparent: event.traceParent }),
    },
  }
}

/** What the service takes. A longer one still stands in the event. */
const CORRELATION_CHARACTERS_MAX = 128

const hashOf = (...parts: readonly string[]): string =>
  createHash('sha256').update(parts.join('\u0000'), 'utf8').digest('base64url')
