/**
 * What the writers say they have sent and were answered. It is kept on disk, so that nothing is lost when a process is
 * killed. It says nothing about what the log holds: soak/reconcile compares the two.
 */
export { Ledger, readLedger, type LedgerEntry } from './ledger.ts'
export { readKilledLedger } from './unsettled.ts'
