/**
 * The hooks of a deployment with azd. Before provision: say what the parameters will cost and refuse what can't work.
 * After provision: bring the PostgreSQL server to the state that the functions need.
 *
 * Invariants: every step asks first and changes only what differs, so the next run completes a run that was
 * interrupted, and a run with nothing to do says so. No secret is printed. What a run opens for itself (a firewall
 * rule) it closes again. The hooks run on the machine that deploys, from a checkout; they use shared/ and database/,
 * and what is deployed never imports them.
 */
export { runHook } from './frame/run.ts'
export { HookFailure, type HookFailureCode } from './frame/failure.ts'
export { createReport, type Report } from './frame/report.ts'
export { runPreprovision } from './run-preprovision.ts'
export { runPostprovision, type PostprovisionSurroundings } from './run-postprovision.ts'
