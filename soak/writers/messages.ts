import type { Command, StreamSpace } from '../plan/index.ts'

/** What a writer process is told when it starts. */
export interface WriterOrders {
  readonly incarnation: number
  readonly seed: number
  readonly space: StreamSpace
  /** Commands to make. */
  readonly quota: number
  readonly callers: number
  readonly slowCallers: number
  readonly ledgerFile: string
  readonly appUrl: string
  /** The same login by way of the proxy that cuts connections. */
  readonly proxiedAppUrl: string
}

export type ToWriter =
  | { readonly type: 'start'; readonly orders: WriterOrders }
  /** A command of another process, to be sent (again) by this one. */
  | { readonly type: 'send-again'; readonly command: Command }
  /** Make no more commands. */
  | { readonly type: 'stop' }
  /** Nothing comes any more: end when everything is settled. */
  | { readonly type: 'finish' }

export type FromWriter =
  | { readonly type: 'made'; readonly count: number }
  | { readonly type: 'hand-over'; readonly command: Command }
  /** All commands are made and settled; what others hand over is still taken. */
  | { readonly type: 'quota-done' }
