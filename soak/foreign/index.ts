/**
 * How late the feed shows an event while somebody else's transaction stands open on the same server. It measures; that
 * nothing is skipped is for the soak itself.
 */
export { runForeign, type ForeignCase, type ForeignResult } from './run.ts'
export { renderForeign } from './report.ts'
