import { CommandFailure } from '../frame/index.ts'
import { Tally } from './entries.ts'
import type { Counts, Entry, Outcome } from './entries.ts'
import { removeProgress, writeProgress } from './progress.ts'
import type { ImportIdentity, StartingPoint } from './progress.ts'
import type { RejectsFile } from './rejects-file.ts'
import type { Reporter } from './reporter.ts'
import type { Books } from './upload.ts'

/** Where progress is kept, and for which import. */
export interface ProgressPlace {
  readonly path: string
  readonly identity: ImportIdentity
}

export interface LedgerOptions {
  readonly start: StartingPoint
  /** Null if the import of this input can't be resumed. */
  readonly progress: ProgressPlace | null
  readonly rejects: RejectsFile
  readonly reporter: Reporter
  /** Size of the file; null if it is unknown. */
  readonly totalBytes: number | null
}

export interface FirstReject {
  readonly line: number
  readonly code: string
  readonly detail: string
}

/** After a kill, the lines since the last save are sent again: those of one second. */
const SAVE_EVERY_MS = 1_000

/** Two batches of the server: many enough that a file whose first lines are odd is still imported. */
const TENANTLESS_MAX = 1_000

/** Records what an import has done: counts, rejects, progress on disk, progress on the screen. */
export class Ledger implements Books {
  readonly #options: LedgerOptions
  readonly #tally: Tally
  readonly #beganAtMs = performance.now()
  /** Lines that were rejected because their tenant does not exist. */
  #tenantless = 0
  #savedAtMs = Number.NEGATIVE_INFINITY
  #anchorRow: number | null
  #sentAgain: number
  /**
   * An earlier run may have been killed after it had sent more than it recorded. So the duplicates with which this run
   * begins were sent by that run.
   */
  #isCatchingUp: boolean
  #doneBytes: number
  #firstReject: FirstReject | null = null
  /** The state after the last record whose entries are all settled. A later run begins there. */
  #settled: Pick<StartingPoint, 'counts' | 'from' | 'rejectsBytes' | 'sentAgain'>

  constructor(options: LedgerOptions) {
    this.#options = options
    this.#tally = new Tally(options.start.counts)
    this.#anchorRow = options.start.anchorRow
    this.#sentAgain = options.start.sentAgain
    this.#isCatchingUp = options.start.from.row > 0
    this.#settled = options.start
    this.#doneBytes = options.start.from.bytes
    const { totalBytes } = options
    options.reporter.begin({ counts: this.counts, doneBytes: this.#doneBytes, totalBytes })
  }

  get counts(): Counts {
    return this.#tally.counts
  }

  /** Duration of this run and the earlier runs. */
  get seconds(): number {
    return this.#options.start.seconds + (performance.now() - this.#beganAtMs) / 1000
  }

  /** How many of the duplicates were sent again after an interruption: by this run, or by an earlier run before it. */
  get sentAgain(): number {
    return this.#sentAgain
  }

  /** True: none of the first lines names a tenant that exists, so the run ends. */
  get isTenantless(): boolean {
    return this.#tenantless >= TENANTLESS_MAX && this.#tenantless === this.#tally.counts.read
  }

  /** The first rejected record of this run. */
  get firstReject(): FirstReject | null {
    return this.#firstReject
  }

  /** @throws CommandFailure REJECTS_UNWRITABLE, TENANT_UNKNOWN when nothing of the file has a tenant */
  settle({ record, endsRecord }: Entry, outcome: Outcome, wasSent: boolean): void {
    this.#tally.add(outcome.outcome)
    if (outcome.outcome === 'appended') this.#isCatchingUp = false
    if (outcome.outcome === 'duplicate' && (wasSent || this.#isCatchingUp)) this.#sentAgain += 1
    if (outcome.outcome === 'rejected') {
      const { code, detail } = outcome
      this.#firstReject ??= { line: record.line, code, detail }
      this.#options.rejects.add({ record, code, detail })
      if (code === 'TENANT_UNKNOWN') this.#refuseTenantless(this.#firstReject.detail)
    } else if (outcome.outcome !== 'skipped') {
      this.#anchorRow ??= record.row
    }
    if (!endsRecord) return
    const { counts } = this
    this.#settled = {
      from: { row: record.row, ...record.end },
      counts,
      rejectsBytes: this.#options.rejects.bytes,
      sentAgain: this.#sentAgain,
    }
    this.#doneBytes = record.consumedBytes
  }

  /**
   * Shows the progress, and records it from time to time.
   * @throws CommandFailure REJECTS_UNWRITABLE, PROGRESS_UNWRITABLE
   */
  settledSome(): void {
    const { reporter, totalBytes } = this.#options
    reporter.update({ counts: this.counts, doneBytes: this.#doneBytes, totalBytes })
    if (performance.now() - this.#savedAtMs >= SAVE_EVERY_MS) this.save()
  }

  /** Writes the rejects first: after a kill, recorded progress must not count a reject that is missing in its file. */
  save(): void {
    const { progress, rejects } = this.#options
    rejects.flush()
    this.#savedAtMs = performance.now()
    if (!progress) return
    const { from, counts, rejectsBytes, sentAgain } = this.#settled
    writeProgress(progress.path, {
      schemaVersion: 1,
      identity: progress.identity,
      position: { row: from.row, lines: from.lines, bytes: from.bytes },
      counts,
      seconds: this.seconds,
      rejectsBytes,
      anchorRow: this.#anchorRow,
      sentAgain,
    })
  }

  /** Forgets this run. The next one is to begin with the first line. */
  discard(): void {
    this.#options.rejects.remove()
    if (this.#options.progress) removeProgress(this.#options.progress.path)
  }

  /** A million lines without a tenant would only fill the file of rejects, and all of them would have to be sent again. */
  #refuseTenantless(firstDetail: string): void {
    this.#tenantless += 1
    if (!this.isTenantless) return
    const { read } = this.#tally.counts
    throw new CommandFailure(
      'TENANT_UNKNOWN',
      `Not one of the first ${read} lines names a tenant that exists: ${firstDetail} The import ends here. Tenants that are missing are made with --create-tenants; --tenant SLUG sends all lines to one tenant.`,
    )
  }

  /** All entries are settled: the progress is not needed any more and is removed. */
  finish(): void {
    this.#options.rejects.flush()
    if (this.#options.progress) removeProgress(this.#options.progress.path)
  }
}
