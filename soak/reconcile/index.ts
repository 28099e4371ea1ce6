/**
 * The judgement of a run: it compares what the writers were answered, what the log holds and what the readers saw. It
 * reads the tables directly with an administrator's login, since a fault in the log's functions could hide a breach.
 * What it can count itself, it counts itself.
 */
export { reconcile, type ReconcileOptions, type Reconciliation } from './reconcile.ts'
export { breachKinds, type BreachKind } from './breaches.ts'
export type { ReaderFindings } from './reader-checks.ts'
export type { CommandCounts } from './verdicts.ts'
