import { createHash } from 'node:crypto'
import type { Database, QueryOptions } from '../../postgres/index.ts'
import { parkMessages } from './statements.ts'
import type { ParkedRow } from './statements.ts'
import { propertiesText, storable } from './storable-text.ts'

export const parkedLimits = {
  /**
   * Bytes of a body that are kept: an append of the largest size and the JSON around it. A longer body is cut and can't
   * be sent again; no queue of the template takes one.
   */
  bodyBytesMax: 9_437_184,
  detailCharactersMax: 2_000,
  /** Of one statement: 1,000 large bodies at once would not fit into the memory of a small instance. */
  statementBodyBytesMax: 8_388_608,
  statementMessagesMax: 100,
} as const

/** The service's limit for MessageId and SessionId. */
const ID_CHARACTERS_MAX = 128
const CONTENT_TYPE_CHARACTERS_MAX = 300

/** A message that can't be handled as it is. What is not known for certain is null: the body is enough to repair it. */
export interface MessageToPark {
  readonly body: Uint8Array
  /** The code of the error. */
  readonly reason: string
  /** What is wrong, for a person. Never a part of the body beyond names of members. */
  readonly detail: string
  /** Null where the message names no tenant that exists. */
  readonly tenantId: string | null
  readonly messageId: string | null
  readonly sessionId: string | null
  readonly sequenceNumber: bigint | null
  readonly contentType: string | null
  readonly applicationProperties: Readonly<Record<string, unknown>>
  readonly enqueuedAt: Date | null
}

/** Keeps messages for an operator. It works with the worker's login, which may not read what it has parked. */
export class MessageParking {
  readonly #database: Pick<Database, 'query'>

  constructor(database: Pick<Database, 'query'>) {
    this.#database = database
  }

  /**
   * Parks messages of one queue. A message that has a row already, by its body, keeps that row: its attempts grow, and
   * an earlier decision about it is open again. Only after this may the messages be completed.
   * @throws TrickleError of the DATABASE_ family. Then some messages may be parked and others not; call again with all.
   */
  async park(
    queue: string,
    messages: readonly MessageToPark[],
    options: Pick<QueryOptions, 'signal' | 'deadlineAtMs'> = {},
  ): Promise<void> {
    for (const rows of inStatements(rowsOf(messages))) {
      // After a lost answer a message may be counted twice. It has one row nevertheless.
      await this.#database.query(parkMessages(queue, rows), { ...options, resolvesAmbiguity: true })
    }
  }
}

/** One row for each body. Messages with the same body say the same, and their repair would be the same. */
function rowsOf(messages: readonly MessageToPark[]): ParkedRow[] {
  const rows = new Map<string, ParkedRow>()
  for (const message of messages) {
    const digest = createHash('sha256').update(message.body).digest('hex')
    rows.set(digest, rowOf(message, digest, (rows.get(digest)?.times ?? 0) + 1))
  }
  return [...rows.values()]
}

function rowOf(message: MessageToPark, digest: string, times: number): ParkedRow {
  const { body, sequenceNumber, enqueuedAt } = message
  return {
    digest,
    tenantId: message.tenantId,
    messageId: storable(message.messageId, ID_CHARACTERS_MAX),
    sessionId: storable(message.sessionId, ID_CHARACTERS_MAX),
    sequenceNumber: sequenceNumber === null ? null : sequenceNumber.toString(),
    reason: message.reason,
    detail: storable(message.detail, parkedLimits.detailCharactersMax),
    times,
    bodyBytes: body.length,
    contentType: storable(message.contentType, CONTENT_TYPE_CHARACTERS_MAX),
    applicationProperties: propertiesText(message.applicationProperties),
    enqueuedAt: enqueuedAt === null ? null : enqueuedAt.toISOString(),
    body: Buffer.from(body.subarray(0, parkedLimits.bodyBytesMax)),
  }
}

function* inStatements(rows: readonly ParkedRow[]): Generator<ParkedRow[]> {
  let part: ParkedRow[] = []
  let bytes = 0
  for (const row of rows) {
    const isFull =
      part.length >= parkedLimits.statementMessagesMax ||
      bytes + row.body.length > parkedLimits.statementBodyBytesMax
    if (isFull && part.length > 0) {
      yield part
      part = []
      bytes = 0
    }
    part.push(row)
    bytes += row.body.length
  }
  if (part.length > 0) yield part
}
