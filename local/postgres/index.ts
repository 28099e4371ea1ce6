/**
 * Real PostgreSQL servers on this machine, from the binaries that npm installed: for the local run and for tests.
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
export type { PostgresVersion } from './binaries.ts'
export { serverSettings } from './settings.ts'
