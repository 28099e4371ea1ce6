/**
 * What the measurements need: a durable PostgreSQL server, tenants, stored events, our tables and the bare table, both
 * bundles and their hosts. Everything is made for the run and removed after it. The code here must not measure.
 */
export {
  APPEND_STREAMS,
  APPEND_TENANTS,
  createAppendTargets,
  createInsertRows,
  insertText,
  type AppendTarget,
} from './append-load.ts'
export { startAnalytics } from './analytics.ts'
export {
  bareStatement,
  createBarePool,
  createBareTable,
  STATEMENT_MODES,
  type StatementMode,
} from './bare-table.ts'
export { buildBundles, type Bundles } from './bundles.ts'
export { startChild, type BenchChild } from './child.ts'
export { readAllTenants, type FeedPoint } from './feed.ts'
export { appSettings, startHost, startIssuer, type BenchHost, type Issuer } from './hosts.ts'
export { ForwardingHost } from './forwarding-host.ts'
export { HttpCaller, type Call } from './http-caller.ts'
export { makeEvent } from './payload.ts'
export { createPeerDatabase } from './peer-database.ts'
export { createScratchDatabase } from './scratch-database.ts'
export { startBenchServer, type BenchServer } from './server.ts'
export { copyToBareTable, storeEvents, type StoredEventsPlan } from './stored-events.ts'
export { createTenants } from './tenants.ts'
export { createFirstCallFunctions } from './first-call-functions.ts'
export { FeedWatch } from './held-feed.ts'
