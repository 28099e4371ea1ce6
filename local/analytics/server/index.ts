/**
 * The stand-in's one HTTP server: Kusto's REST interface, storage behind it, the fault door and a health check.
 *
 * Invariants: it listens on 127.0.0.1 only; every body has a limit; fault rules apply to Kusto and storage requests,
 * never to the fault door or the health check. A request needs the secret of the run (storage: a SAS); only the health
 * check and the page that tells how to get a token are open.
 */
export { createDispatch } from './dispatch.ts'
export { FAULTS_PATH } from './fault-requests.ts'
export { serve } from './http-server.ts'
export type { RunningServer } from './http-server.ts'
