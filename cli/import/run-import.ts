import { CommandFailure } from '../frame/index.ts'
import type { Counts, Entry, SourceRecord } from './entries.ts'
import { readRecords } from './input.ts'
import type { InputFormat, RecordSource } from './input.ts'
import { Ledger } from './ledger.ts'
import type { FirstReject, ProgressPlace } from './ledger.ts'
import type { Mapping } from './mapping.ts'
import { readAhead } from './outbox.ts'
import { prepare } from './prepare.ts'
import type { Preparation } from './prepare.ts'
import { findStartingPoint, firstLine, holdProgress } from './progress.ts'
import type { Probe, StartingPoint } from './progress.ts'
import { fileStart } from './read-lines.ts'
import { RejectsFile } from './rejects-file.ts'
import type { Reporter } from './reporter.ts'
import type { RetryPolicy } from '../retry.ts'
import { TenantCreator } from './target.ts'
import type { ImportTarget } from './target.ts'
import { Upload } from './upload.ts'
import type { Books } from './upload.ts'

export interface ImportJob {
  readonly source: RecordSource
  readonly format: InputFormat
  readonly mapping: Mapping | null
  readonly target: ImportTarget
  /** Set in every event. Null: each event keeps its own. */
  readonly tenant: string | null
  readonly rejectsFile: string
  /** Null: the import of this input can't be resumed. */
  readonly progressFile: string | null
  /** True: begin with the first line, and ignore the progress of an earlier run. */
  readonly restart: boolean
  /** How long the server may be unreachable before the import gives up. */
  readonly retryForMs: number
  readonly reporter: Reporter
  readonly signal: AbortSignal
}

export interface ImportResult {
  readonly counts: Counts
  /** Duration of all runs on this file. */
  readonly seconds: number
  /** How many of the duplicates were sent again after an interruption. */
  readonly sentAgain: number
  /** The first rejected record of this run. */
  readonly firstReject: FirstReject | null
  readonly createdTenants: number
}

/** Longer than the 200 s after which the server ends a request itself. */
const REQUEST_TIMEOUT_MS = 210_000

/** One import, from where an earlier run has stopped to its end. */
class ImportRun {
  readonly #job: ImportJob
  readonly #retry: RetryPolicy
  readonly #creator: TenantCreator | null
  readonly #preparation: Preparation

  constructor(job: ImportJob) {
    this.#job = job
    const note = (line: string): void => {
      job.reporter.note(line)
    }
    this.#retry = { forMs: job.retryForMs, note, signal: job.signal }
    this.#creator = job.target.tenants ? new TenantCreator(job.target.tenants, this.#retry) : null
    this.#preparation = { mapping: job.mapping, tenant: job.tenant, readsTenants: this.#creator !== null }
  }

  async run(): Promise<ImportResult> {
    const { source, format, rejectsFile, reporter } = this.#job
    const progress = this.#progress()
    const start = progress ? await this.#startingPoint(progress) : firstLine
    const rejects = new RejectsFile(rejectsFile, start.rejectsBytes)
    const totalBytes = source.kind === 'file' ? source.file.identity.sizeBytes : null
    const ledger = new Ledger({ start, progress, rejects, reporter, totalBytes })
    try {
      // Saved before anything is sent: if a file can't be written, the import must fail now, and not after an hour.
      ledger.save()
      await this.#upload(readRecords(source, format, start.from, this.#noteOfFile), ledger)
      ledger.finish()
    } catch (error) {
      throw this.#explained(error, ledger)
    } finally {
      rejects.close()
    }
    const { counts, seconds, sentAgain, firstReject } = ledger
    return { counts, seconds, sentAgain, firstReject, createdTenants: this.#creator?.created ?? 0 }
  }

  #progress(): ProgressPlace | null {
    const { source, format, mapping, target, tenant, progressFile } = this.#job
    if (source.kind !== 'file' || progressFile === null) return null
    const about = { format, mapping: mapping?.hash ?? null, target: target.name, tenant }
    return { path: progressFile, identity: { ...source.file.identity, ...about } }
  }

  /** Printed only with a mapping. Without one, the same advice is in the error, since such a header lacks columns. */
  readonly #noteOfFile = (line: string): void => {
    if (this.#job.mapping) this.#retry.note(line)
  }

  async #startingPoint(progress: ProgressPlace): Promise<StartingPoint> {
    return await findStartingPoint({
      ...progress,
      restart: this.#job.restart,
      note: this.#retry.note,
      probe: async (row) => await this.#probe(row),
    })
  }

  async #probe(row: number): Promise<Probe> {
    const seen = { appended: 0, duplicates: 0 }
    const { source, format } = this.#job
    await this.#upload(
      onlyRow(
        readRecords(source, format, fileStart, () => undefined),
        row,
      ),
      {
        settle: (_entry, { outcome }) => {
          if (outcome === 'appended') seen.appended += 1
          if (outcome === 'duplicate') seen.duplicates += 1
        },
        settledSome: () => undefined,
      },
    )
    return { isStored: seen.duplicates > 0 && seen.appended === 0, appended: seen.appended }
  }

  async #upload(records: AsyncIterable<SourceRecord[]>, books: Books): Promise<void> {
    const { client } = this.#job.target
    const entries = entriesOf(records, this.#preparation)
    const blocks = readAhead(this.#creator ? this.#creator.before(entries) : entries)
    const upload = new Upload({
      blocks,
      retry: this.#retry,
      books,
      send: async (body, signal) =>
        await client.send('/api/imports/events', {
          body,
          headers: { 'content-type': 'application/x-ndjson' },
          signal,
          timeoutMs: REQUEST_TIMEOUT_MS,
        }),
    })
    try {
      await upload.run()
    } finally {
      await blocks.return(undefined)
    }
  }

  /** Adds to the failure what is already done and how to go on. */
  #explained(error: unknown, ledger: Ledger): unknown {
    const isInterrupted = this.#job.signal.aborted
    if (!isInterrupted && !(error instanceof CommandFailure)) return error
    if (!isInterrupted && ledger.isTenantless) {
      ledger.discard()
      return error
    }
    try {
      ledger.save()
    } catch (unwritable) {
      if (!isInterrupted) return unwritable
    }
    const code = error instanceof CommandFailure && !isInterrupted ? error.code : 'INTERRUPTED'
    const what = error instanceof CommandFailure && !isInterrupted ? error.message : 'Interrupted.'
    const { progressFile } = this.#job
    const next =
      progressFile === null
        ? 'Run the same command again with the same input: what is stored already is recognised.'
        : `Run the same command again to go on from there (progress: ${progressFile}).`
    return new CommandFailure(code, `${what}\n${ledger.counts.read} are done. ${next}`, { cause: error })
  }
}

async function* onlyRow(records: AsyncIterable<SourceRecord[]>, row: number): AsyncGenerator<SourceRecord[]> {
  for await (const block of records) {
    const found = block.find((record) => record.row === row)
    if (!found) continue
    yield [found]
    return
  }
}

async function* entriesOf(
  records: AsyncIterable<SourceRecord[]>,
  preparation: Preparation,
): AsyncGenerator<Entry[]> {
  for await (const block of records) yield block.flatMap((record) => prepare(record, preparation))
}

/**
 * Imports a file. The invariants are in index.ts of this folder.
 * @throws CommandFailure that says what is wrong with the file, the server or the tenant, and how to go on; INTERRUPTED
 */
export async function runImport(job: ImportJob): Promise<ImportResult> {
  const isNoted = job.source.kind === 'file' && job.progressFile !== null
  const hold = isNoted ? holdProgress(job.progressFile) : undefined
  try {
    return await new ImportRun(job).run()
  } finally {
    job.reporter.end()
    hold?.release()
  }
}
