import { recordAction } from '../../audit/index.ts'
import type { OperatorAction } from '../../audit/index.ts'
import { isTrickleError, TrickleError } from '../../errors/index.ts'
import type { AnyErrorCode } from '../../errors/index.ts'
import type { Database, QueryOptions, Statement } from '../../postgres/index.ts'
import { codeOf, UNIQUE_VIOLATION } from '../../postgres/index.ts'
import type { TenantContext } from '../../tenancy/index.ts'
import { encodeEvent, eventTooLarge, withMembers } from '../append/encode-events.ts'
import { eventLimits } from '../limits.ts'
import { checkStreamId } from '../names.ts'
import { importEvents, importEventsOf } from './statements.ts'
import type { ImportedRow } from './statements.ts'
import { toldWhenAppended } from '../on-appended.ts'
import type { OnAppended } from '../on-appended.ts'
import { isRefusedByDatabase, refusalText } from '../refused-by-database.ts'
import type { NewEvent } from '../types.ts'

export interface ImportLine {
  readonly tenant: TenantContext
  readonly streamId: string
  /** The stream's type. The first line sets it if the stream has none; a line that claims another type is rejected. */
  readonly streamType?: string | undefined
  /** The event with its id, by which a second import is recognised. */
  readonly event: NewEvent & { readonly id: string }
  /** The trace of the request that wrote the event in the system from which it is imported. */
  readonly traceParent?: string | undefined
}

export type ImportOutcome =
  | { readonly outcome: 'appended' | 'duplicate' }
  | { readonly outcome: 'rejected'; readonly code: AnyErrorCode; readonly detail: string }

/**
 * Another writer may commit one of our ids between our look-up and insert. Then the batch is undone and tried again.
 */
const ROUNDS_MAX = 5

/** The operator's action; undefined after a transaction has recorded it. */
interface PendingRecord {
  action: OperatorAction | undefined
}

/**
 * Writes batches of lines; each line has its own outcome. A batch is one transaction, and idempotent: after a lost
 * answer the same batch is sent again and finds its events stored. Lines are appended without an expected version.
 */
export class EventImporter {
  readonly #database: Database
  readonly #acrossTenants: boolean
  readonly #onAppended: OnAppended

  /**
   * @param acrossTenants true with the operator's login, false with the app's, which imports for one tenant at a time.
   * @param onAppended called after each batch that was committed, or may have been
   */
  constructor(database: Database, acrossTenants: boolean, onAppended: OnAppended = () => undefined) {
    this.#database = database
    this.#acrossTenants = acrossTenants
    this.#onAppended = onAppended
  }

  /**
   * Returns the outcomes in the order of the lines. With an action, its audit row is written in the transaction of the
   * batch, or of the first part of the batch that the database accepts.
   * @throws RangeError for more than `eventLimits.importBatchLines` lines; TrickleError of the DATABASE_ family.
   */
  importBatch(lines: readonly ImportLine[], action?: OperatorAction): Promise<ImportOutcome[]> {
    return toldWhenAppended(this.#importBatch(lines, action), this.#onAppended)
  }

  async #importBatch(lines: readonly ImportLine[], action?: OperatorAction): Promise<ImportOutcome[]> {
    if (lines.length > eventLimits.importBatchLines)
      throw new RangeError(`a batch holds at most ${eventLimits.importBatchLines} lines`)
    const encoded = lines.map(encodeLine)
    const record: PendingRecord = { action }
    const written = (await this.#write(encoded.filter(isEncoded), record)).values()
    // If no line was written, the operator's attempt is recorded all the same.
    if (record.action !== undefined) await this.#send([], record.action)
    return encoded.map((line) => (isEncoded(line) ? outcomeOf(written.next().value) : line))
  }

  async #write(lines: readonly EncodedLine[], record: PendingRecord): Promise<ImportOutcome[]> {
    if (lines.length === 0) return []
    try {
      return await this.#writeTogether(lines, record)
    } catch (error) {
      if (!isRefusedByDatabase(error)) throw error
      if (lines.length === 1)
        return [{ outcome: 'rejected', code: 'VALIDATION_FAILED', detail: refusalText('event', error) }]
      // The server does not say which line it refuses, so the batch is halved. The halves are written one after the
      // other, so that streams keep their order.
      const middle = Math.floor(lines.length / 2)
      const before = await this.#write(lines.slice(0, middle), record)
      return [...before, ...(await this.#write(lines.slice(middle), record))]
    }
  }

  /** @throws the driver's error where the server refuses one of the lines. */
  async #writeTogether(lines: readonly EncodedLine[], record: PendingRecord): Promise<ImportOutcome[]> {
    for (let round = 1; ; round += 1) {
      try {
        const rows = await this.#send(lines, record.action)
        record.action = undefined
        return readOutcomes(lines, rows)
      } catch (error) {
        if (codeOf(error) !== UNIQUE_VIOLATION || round >= ROUNDS_MAX) throw error
      }
    }
  }

  #send(lines: readonly EncodedLine[], action: OperatorAction | undefined): Promise<ImportedRow[]> {
    const options: QueryOptions = {
      resolvesAmbiguity: true,
      work: 'bulk',
      turn: lines[0]?.tenantId ?? '',
      onError: (error) => (isRefusedByDatabase(error) ? error : undefined),
    }
    const statement = this.#acrossTenants ? operatorStatement(lines) : tenantStatement(lines)
    if (action === undefined) return this.#database.query(statement, options)
    return this.#database.transaction(async (run) => {
      const rows = lines.length === 0 ? [] : await run(statement)
      // Written after the batch, since the batch must take its locks before the transaction has an id.
      await recordAction(run, action, { outcome: 'begun' }).catch((error: unknown) => {
        if (!isRefusedByDatabase(error)) throw error
        // This is an error of the audit row. Passed on unchanged, it would be taken for the error of a line.
        throw new TrickleError('INTERNAL', 'The import could not be recorded, so nothing was written.', {
          cause: error,
        })
      })
      return rows
    }, options)
  }
}

/** A line that can be sent to the database. */
interface EncodedLine {
  readonly tenantId: string
  readonly streamId: string
  readonly streamType: string | undefined
  /** The event as an append encodes it, with its stream in front. */
  readonly text: string
}

/**
 * Rejects a line before it is sent if its event would be too large when it is stored, or if the database would store
 * another value.
 */
function encodeLine(line: ImportLine): EncodedLine | ImportOutcome {
  const { tenant, streamId, streamType, traceParent, event } = line
  try {
    checkStreamId(streamId)
    const { text, contentBytes } = encodeEvent(event, event.id, '')
    if (contentBytes > eventLimits.eventBytesMax) throw eventTooLarge('The event', contentBytes, '')
    const placed = withMembers({ streamId, streamType, traceParent }, text)
    return { tenantId: tenant.tenantId, streamId, streamType, text: placed }
  } catch (error) {
    if (!isTrickleError(error)) throw error
    return { outcome: 'rejected', code: error.code, detail: error.detail }
  }
}

const isEncoded = (line: EncodedLine | ImportOutcome): line is EncodedLine => 'text' in line

function tenantStatement(lines: readonly EncodedLine[]): Statement<ImportedRow> {
  const tenantId = lines[0]?.tenantId ?? ''
  if (lines.some((line) => line.tenantId !== tenantId)) {
    throw new TypeError('a batch of the app login holds lines of one tenant')
  }
  return importEvents(
    tenantId,
    linesJson(lines, () => 1),
  )
}

function operatorStatement(lines: readonly EncodedLine[]): Statement<ImportedRow> {
  const tenantIds = [...new Set(lines.map((line) => line.tenantId))]
  const indexes = new Map(tenantIds.map((tenantId, index) => [tenantId, index + 1]))
  return importEventsOf(
    tenantIds,
    linesJson(lines, (line) => indexes.get(line.tenantId) ?? 0),
  )
}

/** Each line with its number and its tenant in front. */
function linesJson(lines: readonly EncodedLine[], tenantIndex: (line: EncodedLine) => number): string {
  const texts = lines.map((line, n) => withMembers({ n, t: tenantIndex(line) }, line.text))
  return `[${texts.join(',')}]`
}

function readOutcomes(lines: readonly EncodedLine[], rows: readonly ImportedRow[]): ImportOutcome[] {
  const outcomes = Array.from<ImportOutcome | undefined>({ length: lines.length })
  for (const { n, outcome, code, streamType } of rows) {
    outcomes[n] =
      outcome === 'rejected' ? { outcome, ...rejectionOf(code, lines[n], streamType) } : { outcome }
  }
  return outcomes.map(outcomeOf)
}

function outcomeOf(outcome: ImportOutcome | undefined): ImportOutcome {
  if (outcome === undefined) throw new Error('the database gave no outcome for a line')
  return outcome
}

function rejectionOf(
  code: string | null,
  line: EncodedLine | undefined,
  streamType: string | null,
): { code: AnyErrorCode; detail: string } {
  switch (code) {
    case 'EVENT_ID_EXISTS':
      return { code, detail: 'An event with this id exists with other content.' }
    case 'TENANT_UNKNOWN':
      return { code, detail: 'The tenant does not exist any more.' }
    case 'TENANT_SUSPENDED':
      return { code, detail: 'The tenant is suspended.' }
    case 'STREAM_TYPE_MISMATCH': {
      const found = streamType === null ? 'no type, and this event is in it' : `the type ${streamType}`
      return {
        code,
        detail: `The stream ${line?.streamId ?? ''} has ${found}; this line claims "${line?.streamType ?? ''}".`,
      }
    }
    default:
      throw new Error(`the database rejected a line by a code that is not known here: ${code ?? 'none'}`)
  }
}
