/**
 * For tests of code that stands on an EventStore: a store in memory, and the keys that its tokens are sealed with. It gives
 * the answers, refusals and texts of the database's store, and both pass one conformance suite. Nothing that is deployed may
 * import it: the architecture rule and a test of the built package hold that.
 */
export { InMemoryEventStore, type InMemoryOptions } from './in-memory-event-store.ts'
export { inMemoryKeyring } from './fixed-keyring.ts'
