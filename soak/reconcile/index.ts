/**
 * The judgement of a run: what the writers were told, what the log holds and what the readers saw, held against each other.
 * It reads with an administrator's login, past every function of the log, and believes nothing that it can count itself.
 */
export { reconcile, type ReconcileOptions, type Reconciliation } from './reconcile.ts'
export { breachKinds, type BreachKind } from './breaches.ts'
export type { ReaderFindings } from './reader-checks.ts'
export type { CommandCounts } from './verdicts.ts'
