import { defineMessageQueue, messageQueueSettings } from '../../shared/context/index.ts'
import type { Queue } from '../../shared/context/index.ts'
import { isTrickleError, TrickleError } from '../../shared/errors/index.ts'
import type { EventStore, Expectation } from '../../shared/event-store/index.ts'
import { handleDeliveries, MayPassLater, receiptOf } from '../../shared/messages/index.ts'
import type { Envelope } from '../../shared/messages/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import type { EventServices } from './services.ts'

/** Who may send: services that are trusted to name the tenant. The queue's own rights say who else may. */
const SENDERS = ['app', 'operator'] as const

/**
 * Events that come by queues. `trickle-events` is fast and knows no order between messages: those of a batch are appended
 * at once, so that they share statements. `trickle-events-ordered` keeps the order of each session: one message of a
 * session at a time, and those of several sessions share statements.
 */
export const eventQueues = (services: () => EventServices): readonly Queue[] => [
  defineMessageQueue({
    name: 'trickle-events',
    settings: messageQueueSettings('any order'),
    senders: SENDERS,
    comes: 'in batches',
    handler: (deliveries, log) => {
      const { messages, settings } = services()
      const boundTo = settings.TRICKLE_EVENTS_QUEUE_TENANTS
      return handleDeliveries(deliveries, { ...messages, queue: 'trickle-events', boundTo }, log)
    },
  }),
  defineMessageQueue({
    name: 'trickle-events-ordered',
    settings: messageQueueSettings('in sessions'),
    senders: SENDERS,
    comes: 'one at a time',
    handler: (deliveries, log) => {
      const { messages, settings } = services()
      const boundTo = settings.TRICKLE_EVENTS_ORDERED_QUEUE_TENANTS
      return handleDeliveries(deliveries, { ...messages, queue: 'trickle-events-ordered', boundTo }, log)
    },
  }),
]

/**
 * Appends the events of an envelope, once however often it comes.
 * @throws TrickleError VALIDATION_FAILED without a stream, and as EventStore.append. MayPassLater for a stream that has
 *   not come to the expected version yet.
 */
export const appendEnvelope =
  (events: Pick<EventStore, 'append'>) =>
  async (envelope: Envelope, tenant: TenantContext): Promise<void> => {
    const { streamId, streamType, expected, reservations, releases, trace } = envelope
    if (streamId === null) {
      throw new TrickleError(
        'VALIDATION_FAILED',
        'The message names no stream. An envelope has it as "streamId", a CloudEvent as the extension "streamid" or as "subject".',
      )
    }
    const write = { streamId, streamType, expected, events: envelope.events, reservations, releases }
    try {
      await events.append(tenant, { ...write, trace, idempotency: receiptOf('message', envelope) })
    } catch (error) {
      throw isTooEarly(error, expected) ? new MayPassLater(error) : error
    }
  }

/** Earlier messages to the stream may be on their way. A stream beyond the expected version never comes back to it. */
function isTooEarly(error: unknown, expected: Expectation): error is TrickleError {
  if (!isTrickleError(error) || error.code !== 'VERSION_CONFLICT') return false
  const current = error.extensions['currentVersion']
  if (expected.mode === 'exists') return true
  return expected.mode === 'version' && typeof current === 'number' && current < expected.version
}
