/**
 * Faults on demand: rules that delay, refuse or cut requests, or lose their answers, for tests and demonstrations.
 *
 * Invariants: the same plan and the same requests give the same faults; a plan that is wrong changes nothing. No rule
 * applies to requests to the fault door itself or to the health check.
 */
export { createFaultDoor } from './fault-door.ts'
export type { Fault, FaultDoor } from './fault-door.ts'
