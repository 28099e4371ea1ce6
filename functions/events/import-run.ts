import type { OperatorAction } from '../../shared/audit/index.ts'
import { TrickleError } from '../../shared/errors/index.ts'
import { eventLimits } from '../../shared/event-store/index.ts'
import type { EventImporter, ImportLine, ImportOutcome } from '../../shared/event-store/index.ts'
import { batches } from './import-lines.ts'
import type { LineTenants } from './import-tenants.ts'
import { judgeLines } from './judge-line.ts'
import type { Judged } from './judge-line.ts'

/** About a minute's work; a larger import would run into the deadline of the request. */
const LINES_MAX = 100_000

export interface ImportRunOptions {
  readonly importer: Pick<EventImporter, 'importBatch'>
  readonly tenants: LineTenants
  /** An operator's request; recorded with the first batch. */
  readonly action: OperatorAction | undefined
}

/** One import: reads, checks and writes batch after batch. Knows nothing of where the lines come from. */
export class ImportRun {
  readonly #importer: ImportRunOptions['importer']
  readonly #tenants: LineTenants
  /** Set until the first batch has recorded it. */
  #action: OperatorAction | undefined

  constructor({ importer, tenants, action }: ImportRunOptions) {
    this.#importer = importer
    this.#tenants = tenants
    this.#action = action
  }

  /**
   * The outcomes of one batch after the other, as JSON lines. The next batch is read and checked while the database
   * writes the one before; batches are written one by one. When the reading fails, the outcomes of what was written
   * before are still given first.
   */
  async *outcomes(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
    let writing: Promise<string> | undefined
    let failure: { readonly error: unknown } | undefined
    try {
      for await (const batch of batches(body, {
        lineBytesMax: eventLimits.importLineBytesMax,
        linesMax: LINES_MAX,
      })) {
        const judged = await judgeLines(batch)
        const before = writing === undefined ? '' : await writing
        writing = this.#write(judged)
        // The error is thrown where the promise is awaited; until then it must not count as unhandled.
        writing.catch(() => {})
        if (before !== '') yield before
      }
    } catch (error) {
      failure = { error }
    }
    if (writing !== undefined) yield await writing
    if (failure !== undefined) throw failure.error
  }

  async #write(batch: readonly Judged[]): Promise<string> {
    await this.#tenants.find(slugsOf(batch))
    const lines: ImportLine[] = []
    const results = batch.map(({ number, line }) => {
      if (line === 'skipped') return () => `{"line":${number},"outcome":"skipped"}`
      if (line instanceof TrickleError) return () => rejected(number, line)
      const tenant = this.#tenants.of(line.tenantSlug)
      if (tenant instanceof TrickleError) return () => rejected(number, tenant)
      const { tenantSlug: _slug, ...rest } = line
      const place = lines.push({ tenant, ...rest }) - 1
      return (outcomes: readonly ImportOutcome[]) => written(number, outcomes[place])
    })
    const outcomes = await this.#importer.importBatch(lines, this.#action)
    this.#action = undefined
    return results.map((text) => text(outcomes)).join('\n')
  }
}

function slugsOf(batch: readonly Judged[]): Set<string> {
  const slugs = new Set<string>()
  for (const { line } of batch) {
    if (line === 'skipped' || line instanceof TrickleError || line.tenantSlug === null) continue
    slugs.add(line.tenantSlug)
  }
  return slugs
}

function written(line: number, outcome: ImportOutcome | undefined): string {
  if (outcome === undefined) throw new Error('a line was left without an outcome')
  if (outcome.outcome !== 'rejected') return `{"line":${line},"outcome":"${outcome.outcome}"}`
  return rejected(line, outcome)
}

const rejected = (line: number, { code, detail }: { code: string; detail: string }): string =>
  JSON.stringify({ line, outcome: 'rejected', code, detail })
