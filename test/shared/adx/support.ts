import type { Client } from 'pg'
import { AnalyticsForwarder } from '../../../shared/adx/index.ts'
import type { KustoSender } from '../../../shared/adx/index.ts'
import { Database } from '../../../shared/postgres/index.ts'
import type { QueryOptions, Statement } from '../../../shared/postgres/index.ts'

export const NAME = 'forward-adx'
export const ample = { timeMs: 60_000, stepsMax: 100 }

export const forwarderOf = (database: Database, sender: KustoSender): AnalyticsForwarder =>
  new AnalyticsForwarder(database, 'analytics', () => Promise.resolve(sender))

/** The end of the process: nothing of what comes after it happens, the noting of a failure included. */
export class ProcessDied extends Error {}

/** A database whose process dies when it is about to run a statement of this name. */
export class MortalDatabase extends Database {
  #isDead = false
  readonly #dieAt: string

  constructor(url: string, dieAt: string) {
    super({ url, connectionsMax: 1, statements: 'unnamed' })
    this.#dieAt = dieAt
  }

  override query<R>(statement: Statement<R>, options?: QueryOptions): Promise<R[]> {
    this.#isDead ||= statement.name === this.#dieAt
    return this.#isDead ? Promise.reject(new ProcessDied()) : super.query(statement, options)
  }
}

export interface BatchRow {
  readonly batch_id: string
  readonly state: string
  readonly attempts: number
  readonly event_count: number
  readonly byte_count: string
  readonly hash: string
  readonly blob_name: string
  readonly tag: string
  readonly from_position: string
  readonly to_position: string
}

export async function batchRows(admin: Client): Promise<BatchRow[]> {
  const { rows } = await admin.query<BatchRow>(
    `select batch_id, state, attempts, event_count, byte_count, encode(content_hash, 'hex') as hash, blob_name, tag, from_position, to_position
      from trickle_analytics_outbox.batches order by from_xid, from_position`,
  )
  return rows
}
