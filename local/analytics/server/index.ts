/**
 * The stand-in's one HTTP server: Kusto's REST interface, storage behind it, the fault door and a health check.
 *
 * Invariants: it listens on 127.0.0.1 only; every body has a limit; faults strike Kusto and storage requests alike,
 * never the fault door or the health check. Any or no Authorization is accepted.
 */
export { createDispatch } from './dispatch.ts'
export { FAULTS_PATH } from './fault-requests.ts'
export { serve } from './http-server.ts'
export type { RunningServer } from './http-server.ts'
