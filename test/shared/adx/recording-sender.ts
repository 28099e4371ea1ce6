import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import type { KustoSender, SendOptions } from '../../../shared/adx/index.ts'

/** One row of a sent batch, as the mapping reads it. */
export interface SentRow {
  readonly TenantId: string
  readonly EventId: string
  readonly StreamId: string
  readonly Version: number
  readonly Payload: unknown
  readonly BatchId: string
}

/** Stands for the service in tests of the forwarder's own states: keeps what was sent, and fails when it is told to. */
export class RecordingSender implements KustoSender {
  readonly sent: SendOptions[] = []
  readonly #before: (attempt: number) => Promise<void> | void
  attempts = 0

  /** @param before runs ahead of each send; its throw is the service's failure. */
  constructor(before: (attempt: number) => Promise<void> | void = () => {}) {
    this.#before = before
  }

  async send(options: SendOptions): Promise<void> {
    this.attempts += 1
    await this.#before(this.attempts)
    this.sent.push(options)
  }

  close(): void {}

  get rows(): SentRow[] {
    return this.sent.flatMap(rowsOf)
  }
}

export const textOf = (batch: SendOptions): string => gunzipSync(batch.content).toString()

export const rowsOf = (batch: SendOptions): SentRow[] =>
  textOf(batch)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as SentRow)

export const hashOf = (batch: SendOptions): string =>
  createHash('sha256').update(gunzipSync(batch.content)).digest('hex')
