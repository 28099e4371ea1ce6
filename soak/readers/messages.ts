import type { StreamSpace } from '../plan/index.ts'

/** Which events a reader is to see. */
export interface Scope {
  /** Null: those of all tenants. */
  readonly tenant: number | null
  /** Null: of every type. */
  readonly types: readonly string[] | null
  /** True: only the streams of the first member of a subscription with two members. Needs `tenant` null. */
  readonly isOfMember: boolean
}

export interface ReaderPlan {
  readonly name: string
  readonly scope: Scope
  /** The largest page. Each page's limit is drawn from 1 to this. */
  readonly pageMax: number
  /** How many connections the reader has. It reads its pages with each of them in turn. */
  readonly connections: number
  /** True: now and then it forgets what it has in memory and goes on from its stored checkpoint. */
  readonly restarts: boolean
}

export interface ReaderOrders {
  readonly seed: number
  readonly space: StreamSpace
  readonly readers: readonly ReaderPlan[]
  /** Each reader writes its log and its checkpoint here. */
  readonly folder: string
  readonly appUrl: string
  readonly forwarderUrl: string
  /** With the login of the subscriptions. */
  readonly workerUrl: string
}

export type ToReaders =
  | { readonly type: 'start'; readonly orders: ReaderOrders }
  /** How many events each reader has to see. A reader gives up when no more events come. */
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
