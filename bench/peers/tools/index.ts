/**
 * The tools that the log is compared with. They are installed outside of this package, run on their own databases, and
 * are used through their public interfaces with their defaults. The code here must not measure.
 */
export { openEmmett, type Emmett } from './emmett.ts'
export { locateTools, type LocateOptions, type PeerTools } from './locate.ts'
export { openMessageDb, type MessageDb } from './message-db.ts'
export {
  Marten,
  martenIn,
  MARTEN_VERSION,
  type MartenLoad,
  type MartenMode,
  type MartenTurn,
} from './marten.ts'
export { installPeers, peerPackages, type Found } from './npm.ts'
export { Wrk, readWrk, wrkVersion, type WrkRequests, type WrkTurn } from './wrk.ts'
export { Pgbench, readOutput, type PgbenchMode } from './pgbench.ts'
