/**
 * For tests of code that uses an EventStore: a store in memory, and the keys that its tokens are sealed with. It gives
 * the answers, refusals and texts of PostgresEventStore, and both pass one conformance suite. Nothing that is deployed
 * may import it: the architecture rule and a test of the built package check that.
 */
export { InMemoryEventStore, type InMemoryOptions } from './in-memory-event-store.ts'
export { inMemoryKeyring } from './fixed-keyring.ts'
