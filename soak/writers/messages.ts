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
  /** The same login, through the proxy that cuts connections. */
  readonly proxiedAppUrl: string
}

export type ToWriter =
  | { readonly type: 'start'; readonly orders: WriterOrders }
  /** A command of another process. This process sends it, perhaps again. */
  | { readonly type: 'send-again'; readonly command: Command }
  /** Make no more commands. */
  | { readonly type: 'stop' }
  /** No more commands come: end when everything is settled. */
  | { readonly type: 'finish' }

export type FromWriter =
  | { readonly type: 'made'; readonly count: number }
  | { readonly type: 'hand-over'; readonly command: Command }
  /** All commands are made and settled. Commands that others hand over are still accepted. */
  | { readonly type: 'quota-done' }
