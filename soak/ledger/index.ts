/**
 * What the writers claim to have sent and to have been told, on disk, so that a killed process takes no claim along. It
 * says nothing of what the log holds: that is for soak/reconcile.
 */
export { Ledger, readLedger, type LedgerEntry } from './ledger.ts'
export { readKilledLedger } from './unsettled.ts'
