/**
 * Publications: events of the log, told to other systems through a topic of Service Bus, as CloudEvents.
 *
 * Invariants: each event that a publication names is sent at least once, and events of one stream are sent in their
 * order, in one session; nothing is sent before it is committed; what is sent says its tenant. An event that cannot be
 * sent for good, as one that is too large, is parked as in every subscription.
 * It must not change events, and must not send metadata, which may hold what is meant for this system alone.
 */
export {
  definePublication,
  type PublicationDefinition,
  type PublishedEvent,
  type TopicSender,
} from './publication.ts'
export { cloudEventText } from './cloud-event.ts'
export { publishedMessage } from './published-message.ts'
