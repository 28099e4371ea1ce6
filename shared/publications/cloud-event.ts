import type { SubscriptionEvent } from '../subscriptions/index.ts'

/** The longest stream whose version fits into a whole number of CloudEvents, which has 32 bits. */
const VERSION_MAX = 2_147_483_647

export interface CloudEventContent {
  readonly type: string
  /** JSON text. */
  readonly dataText: string
}

/**
 * An event as a CloudEvent in its JSON format (CloudEvents 1.0.2). The text of the data goes through as it is stored, so
 * every number keeps its value. `tenant` and `streamversion` are extensions; `subject` is the stream. An event without a
 * source gets one that names its tenant, since a CloudEvent must have one.
 */
export function cloudEventText(event: SubscriptionEvent, { type, dataText }: CloudEventContent): string {
  const attributes = {
    specversion: '1.0',
    id: event.id,
    source: event.source === '' ? `urn:trickle:tenant:${event.tenantId}` : event.source,
    type,
    subject: event.streamId,
    time: event.time,
    datacontenttype: 'application/json',
    tenant: event.tenantId,
    ...(event.version <= VERSION_MAX ? { streamversion: event.version } : {}),
    ...(event.streamType === null ? {} : { streamtype: event.streamType }),
    ...(event.correlationId === null ? {} : { correlationid: event.correlationId }),
    ...(event.traceParent === null ? {} : { traceparent: event.traceParent }),
  }
  return `${JSON.stringify(attributes).slice(0, -1)},"data":${dataText}}`
}
