/**
 * What is measured on: a durable PostgreSQL server, tenants, stored events, the bare table beside ours, both bundles and
 * their hosts. Everything is made for the run, below one temporary folder, and gone after it. It must not measure.
 */
export {
  APPEND_STREAMS,
  APPEND_TENANTS,
  createAppendTargets,
  createInsertRows,
  insertText,
  type AppendTarget,
} from './append-load.ts'
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
export { HttpCaller, type Call } from './http-caller.ts'
export { makeEvent } from './payload.ts'
export { createPeerDatabase } from './peer-database.ts'
export { createScratchDatabase } from './scratch-database.ts'
export { startBenchServer, type BenchServer } from './server.ts'
export { copyToBareTable, storeEvents, type StoredEventsPlan } from './stored-events.ts'
export { createTenants } from './tenants.ts'
export { FeedWatch } from './held-feed.ts'
