/**
 * What a run starts and ends: a PostgreSQL server, tenants, processes of writers and readers. The code here must not
 * judge what the run has shown.
 */
export { startChild, type Child } from './child.ts'
export { startReaders, type ReadersProcess } from './readers-process.ts'
export { startSoakServer, type SoakServer, type SoakServerOptions } from './server.ts'
export { WriterFleet, type FleetOptions } from './writer-fleet.ts'
