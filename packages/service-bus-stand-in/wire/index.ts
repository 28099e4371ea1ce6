/**
 * AMQP 1.0 as the SDKs of Service Bus speak it, on rhea.
 *
 * Invariants: nothing but $cbs answers before the key was shown; an accept or a settlement is answered only when it is on
 * the disk; what a client does wrong is refused on its link, or ends its connection, and never the broker.
 */
export { listen, type RunningWire } from './server.ts'
export type { WireContext } from './context.ts'
export type { AccessKey } from './claims.ts'
