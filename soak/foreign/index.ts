/**
 * Measures how late the feed shows an event while a foreign transaction is open on the same server. Whether the feed
 * skips an event is checked by the soak itself.
 */
export { runForeign, type ForeignCase, type ForeignResult } from './run.ts'
export { renderForeign } from './report.ts'
