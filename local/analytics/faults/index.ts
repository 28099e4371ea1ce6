/**
 * Faults on demand: rules that delay, refuse or cut requests, or lose their answers, for tests and demonstrations.
 *
 * Invariants: the same plan and the same requests give the same faults; a plan that is wrong changes nothing. The
 * door itself and the health check are never disturbed.
 */
export { createFaultDoor } from './fault-door.ts'
export type { Fault, FaultDoor } from './fault-door.ts'
