/**
 * The tools that the log is measured against: installed outside of this package, started on databases of their own, used
 * through their own doors with their own defaults. It must not measure.
 */
export { openEmmett, type Emmett } from './emmett.ts'
export { locateTools, type LocateOptions, type PeerTools } from './locate.ts'
export { openMessageDb, type MessageDb } from './message-db.ts'
export { Marten, martenIn, MARTEN_VERSION, type MartenAnswer } from './marten.ts'
export { installPeers, peerPackages, type Found } from './npm.ts'
export { Pgbench, readOutput, type PgbenchMode } from './pgbench.ts'
