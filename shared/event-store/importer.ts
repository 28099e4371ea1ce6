import { isTrickleError, TrickleError, type ErrorCode } from '../errors/index.ts'
import type { Database, Statement } from '../postgres/index.ts'
import { codeOf } from '../postgres/index.ts'
import type { TenantContext } from '../tenancy/index.ts'
import { encodeEvent, eventTooLarge } from './encode-events.ts'
import { eventLimits } from './limits.ts'
import { checkStreamId } from './names.ts'
import { importEvents, importEventsOf } from './statements.ts'
import type { NewEvent } from './types.ts'

export interface ImportLine {
  readonly tenant: TenantContext
  readonly streamId: string
  /** With its id, by which a second import is recognised. */
  readonly event: NewEvent & { readonly id: string }
}

export type ImportOutcome =
  | { readonly outcome: 'appended' | 'duplicate' }
  | { readonly outcome: 'rejected'; readonly code: ErrorCode; readonly detail: string }

/** Another writer may commit one of our ids between the look and the insert; the batch is undone and judged again. */
const ROUNDS_MAX = 5
const UNIQUE_VIOLATION = '23505'

/**
 * Writes batches of lines, each with an outcome of its own. A batch is one transaction, and idempotent: after a lost
 * answer the same batch is sent again and finds its events there. Streams take what comes, without expected version.
 */
export class EventImporter {
  readonly #database: Database
  readonly #acrossTenants: boolean

  /** @param acrossTenants true with the operator's login, false with the app's, which imports for one tenant at a time. */
  constructor(database: Database, acrossTenants: boolean) {
    this.#database = database
    this.#acrossTenants = acrossTenants
  }

  /**
   * Outcomes in the order of the lines.
   * @throws RangeError for more than `eventLimits.importBatchLines` lines; TrickleError of the DATABASE_ family.
   */
  async importBatch(lines: readonly ImportLine[]): Promise<ImportOutcome[]> {
    if (lines.length === 0) return []
    if (lines.length > eventLimits.importBatchLines)
      throw new RangeError(`a batch holds at most ${eventLimits.importBatchLines} lines`)
    const encoded = lines.map(encodeLine)
    const written = (await this.#write(encoded.filter(isEncoded))).values()
    return encoded.map((line) => (isEncoded(line) ? outcomeOf(written.next().value) : line))
  }

  async #write(lines: readonly EncodedLine[]): Promise<ImportOutcome[]> {
    if (lines.length === 0) return []
    const statement = this.#acrossTenants ? operatorStatement(lines) : tenantStatement(lines)
    for (let round = 1; ; round += 1) {
      try {
        const rows = await this.#database.query(statement, {
          resolvesAmbiguity: true,
          onError: (error) =>
            codeOf(error) === UNIQUE_VIOLATION && error instanceof Error ? error : undefined,
        })
        return readOutcomes(lines.length, rows)
      } catch (error) {
        if (codeOf(error) !== UNIQUE_VIOLATION) throw error
        if (round >= ROUNDS_MAX) throw crowded(error)
      }
    }
  }
}

const crowded = (cause: unknown): TrickleError =>
  new TrickleError(
    'DATABASE_BUSY',
    'Others kept writing events of this batch in between. Nothing was written; try again.',
    {
      cause,
    },
  )

/** A line that can be sent to the database. */
interface EncodedLine {
  readonly tenantId: string
  readonly streamId: string
  readonly text: string
}

/** A line of which the database would keep more than an event may have, or something else, is rejected before it is sent. */
function encodeLine({ tenant, streamId, event }: ImportLine): EncodedLine | ImportOutcome {
  try {
    checkStreamId(streamId)
    const { text, contentBytes } = encodeEvent(event, event.id, '')
    if (contentBytes > eventLimits.eventBytesMax) throw eventTooLarge('The event', contentBytes, '')
    return { tenantId: tenant.tenantId, streamId, text }
  } catch (error) {
    if (!isTrickleError(error)) throw error
    return { outcome: 'rejected', code: error.code, detail: error.detail }
  }
}

const isEncoded = (line: EncodedLine | ImportOutcome): line is EncodedLine => 'text' in line

function tenantStatement(lines: readonly EncodedLine[]): Statement {
  const tenantId = lines[0]?.tenantId ?? ''
  if (lines.some((line) => line.tenantId !== tenantId)) {
    throw new TypeError('a batch of the app login holds lines of one tenant')
  }
  return importEvents(
    tenantId,
    linesJson(lines, () => 1),
  )
}

function operatorStatement(lines: readonly EncodedLine[]): Statement {
  const tenantIds = [...new Set(lines.map((line) => line.tenantId))]
  const indexes = new Map(tenantIds.map((tenantId, index) => [tenantId, index + 1]))
  return importEventsOf(
    tenantIds,
    linesJson(lines, (line) => indexes.get(line.tenantId) ?? 0),
  )
}

/** Each line is the event as an append encodes it, with its number, its tenant and its stream in front. */
function linesJson(lines: readonly EncodedLine[], tenantIndex: (line: EncodedLine) => number): string {
  const texts = lines.map(
    (line, index) =>
      `{"n":${index},"t":${tenantIndex(line)},"streamId":${JSON.stringify(line.streamId)},${line.text.slice(1)}`,
  )
  return `[${texts.join(',')}]`
}

function readOutcomes(count: number, rows: readonly (readonly (string | null)[])[]): ImportOutcome[] {
  const outcomes = Array.from<ImportOutcome | undefined>({ length: count })
  for (const [n, outcome, code] of rows) {
    outcomes[Number(n)] =
      outcome === 'appended' || outcome === 'duplicate' ? { outcome } : rejection(rejectionOf(code))
  }
  return outcomes.map(outcomeOf)
}

function outcomeOf(outcome: ImportOutcome | undefined): ImportOutcome {
  if (outcome === undefined) throw new Error('the database gave no outcome for a line')
  return outcome
}

const DETAILS = {
  EVENT_ID_EXISTS: 'An event with this id exists with other content.',
  TENANT_UNKNOWN: 'The tenant does not exist any more.',
  TENANT_SUSPENDED: 'The tenant is suspended.',
} as const

const rejection = (code: keyof typeof DETAILS): ImportOutcome => ({
  outcome: 'rejected',
  code,
  detail: DETAILS[code],
})

const rejectionOf = (code: string | null | undefined): keyof typeof DETAILS =>
  code === 'TENANT_UNKNOWN' || code === 'TENANT_SUSPENDED' ? code : 'EVENT_ID_EXISTS'
