/**
 * What `append`, `read` and `tail` share: a client for one tenant, the text of a file, the body of an append, events as text.
 *
 * Invariants: a number keeps its digits from the shell to the log and back; what was typed is checked before it is
 * sent. It must not send anything itself: the commands do.
 */
export { appendBodyOf } from './append-body.ts'
export type { AppendWords } from './append-body.ts'
export { eventLine, eventsTable, readEvents } from './event-text.ts'
export type { StoredEvent } from './event-text.ts'
export { readText } from './read-text.ts'
export { openTenantClient } from './tenant-client.ts'
