import type { StreamSpace } from '../plan/index.ts'

/** Which events a reader is to see. */
export interface Scope {
  /** Null: those of all tenants. */
  readonly tenant: number | null
  /** Null: of every type. */
  readonly types: readonly string[] | null
  /** True: only of the streams that a subscription of two members gives to its first; only with all tenants. */
  readonly isOfMember: boolean
}

export interface ReaderPlan {
  readonly name: string
  readonly scope: Scope
  /** A page has from 1 to so many events. */
  readonly pageMax: number
  /** Pages are read by one after the other. */
  readonly connections: number
  /** Throws away what it has in memory now and then, and goes on from its stored checkpoint. */
  readonly restarts: boolean
}

export interface ReaderOrders {
  readonly seed: number
  readonly space: StreamSpace
  readonly readers: readonly ReaderPlan[]
  /** A log and a checkpoint for each reader are made here. */
  readonly folder: string
  readonly appUrl: string
  readonly forwarderUrl: string
  /** The login that subscriptions work with. */
  readonly workerUrl: string
}

export type ToReaders =
  | { readonly type: 'start'; readonly orders: ReaderOrders }
  /** How many events each reader has to see; it gives up when nothing comes any more. */
  | { readonly type: 'until'; readonly counts: readonly number[] }

export interface ReaderState {
  readonly seen: number
  readonly restarts: number
  /** Pages that failed and were read again. */
  readonly failures: number
}

export type FromReaders =
  | { readonly type: 'seen'; readonly readers: readonly ReaderState[] }
  | { readonly type: 'done'; readonly readers: readonly ReaderState[] }
