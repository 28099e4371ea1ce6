/**
 * The demonstration: a few SaaS tenants with a month of events, and the proof that all events in PostgreSQL have
 * arrived in analytics.
 *
 * Invariants: the same seed makes the same events, byte by byte, so that a second run adds nothing. Every event of a
 * seed has the source `demo/SEED`, so that nothing else is counted. Counts come from PostgreSQL and from analytics
 * themselves, never from what was sent.
 * It must not write in any other way than through the import.
 */
export { comparisonTable, compareCounts, mayCatchUp } from './compare.ts'
export type { Comparison } from './compare.ts'
export { countInAnalytics } from './count-analytics.ts'
export { countInPostgres } from './count-postgres.ts'
export { makeEvents, sourceOf } from './make-events.ts'
export type { DemoEvent } from './story.ts'
export { demoTenants } from './tenants.ts'
export { seededRandom } from './random.ts'
