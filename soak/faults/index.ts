/**
 * What disturbs a run: killed backends, cut connections, foreign work on the same server. No disturbance may lose,
 * double or reorder an event. The code here does not know what the run expects.
 */
export { AppendFaults } from './append-faults.ts'
export { killBackends } from './kills.ts'
export { rollBackLostPrepared, type JanitorSignals } from './janitor.ts'
export { ForeignLoad, type ForeignCounts } from './foreign-load.ts'
export { CLOSE_GATE, connectAdmin, makeForeignObjects, OPEN_GATE, REFRESH, WRITE } from './foreign-objects.ts'
