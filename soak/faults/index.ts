/**
 * What goes wrong, or on beside, during a run: killed backends, cut connections, work of others on the same server. None of
 * it may cost, double or reorder an event, and none of it knows what the run expects.
 */
export { AppendFaults } from './append-faults.ts'
export { killBackends } from './kills.ts'
export { rollBackLostPrepared } from './janitor.ts'
export { ForeignLoad, type ForeignCounts } from './foreign-load.ts'
export { CLOSE_GATE, connectAdmin, makeForeignObjects, OPEN_GATE, REFRESH, WRITE } from './foreign-objects.ts'
