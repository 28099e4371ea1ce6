import { createHash } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { systemCode } from '../../local/failure/index.ts'
import { holdFile } from '../../local/file-lock/index.ts'
import { CommandFailure } from '../frame/index.ts'
import { countsSchema, noCounts } from './entries.ts'
import type { Counts } from './entries.ts'
import { fileStart } from './read-lines.ts'
import type { ReadFrom } from './read-lines.ts'

/** What identifies an import. Progress is valid only for the same file, mapping and target. */
const identitySchema = z.object({
  path: z.string(),
  sizeBytes: z.number(),
  modifiedMs: z.number(),
  firstBlockSha256: z.string(),
  format: z.object({ kind: z.enum(['csv', 'ndjson']), delimiter: z.string() }),
  mapping: z.string().nullable(),
  target: z.string(),
  tenant: z.string().nullable(),
})

export type ImportIdentity = Readonly<z.infer<typeof identitySchema>>

const progressSchema = z.object({
  schemaVersion: z.literal(1),
  identity: identitySchema,
  /** Every record up to here is settled. */
  position: z.object({ row: z.int(), lines: z.int(), bytes: z.int() }),
  counts: countsSchema,
  /** Duration of all runs so far. */
  seconds: z.number(),
  rejectsBytes: z.int(),
  /** The first record with a stored event. If the store does not know it any more, the store is not the same. */
  anchorRow: z.int().nullable(),
  /** How many of the duplicates were sent again after an interruption. */
  sentAgain: z.int().default(0),
})

export type Progress = Readonly<z.infer<typeof progressSchema>>

export type FoundProgress =
  | { readonly kind: 'none' }
  | { readonly kind: 'useless'; readonly reason: string }
  | { readonly kind: 'progress'; readonly progress: Progress }

/**
 * Reads the progress of an earlier run. A file that can't be used is reported, but it is no error: beginning with the
 * first line is always correct.
 */
export function readProgress(path: string, identity: ImportIdentity): FoundProgress {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return { kind: 'none' }
    return { kind: 'useless', reason: `it can't be read (${error instanceof Error ? error.message : ''})` }
  }
  let parsed
  try {
    parsed = progressSchema.safeParse(JSON.parse(text))
  } catch {
    return { kind: 'useless', reason: 'it is not JSON' }
  }
  if (!parsed.success) return { kind: 'useless', reason: 'it is not of the form that this version writes' }
  if (isDeepStrictEqual(parsed.data.identity, identity)) return { kind: 'progress', progress: parsed.data }
  return { kind: 'useless', reason: whatChanged(parsed.data.identity, identity) }
}

function whatChanged(before: ImportIdentity, now: ImportIdentity): string {
  if (before.mapping !== now.mapping) return 'the mapping has changed since'
  if (!isDeepStrictEqual(before.format, now.format)) return 'it was made for another format'
  if (before.target !== now.target || before.tenant !== now.tenant) return 'it was made for another target'
  return 'the file has changed since'
}

/**
 * Records progress. At every moment the path holds the complete old file or the complete new one, even after a power
 * failure.
 * @throws CommandFailure PROGRESS_UNWRITABLE
 */
export function writeProgress(path: string, progress: Progress): void {
  // The process's id is in the name, so that two imports never write into the same draft.
  const draft = `${path}.${process.pid}.tmp`
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    const file = openSync(draft, 'w', 0o600)
    try {
      writeSync(file, JSON.stringify(progress))
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(draft, path)
  } catch (error) {
    removeDraft(draft)
    throw progressUnwritable(path, error)
  }
}

/** May fail for the same reason as the writing. That is ignored: the caller reports the first failure. */
function removeDraft(draft: string): void {
  try {
    rmSync(draft, { force: true })
  } catch {
    // The draft stays; nothing reads it.
  }
}

export function progressUnwritable(path: string, cause: unknown): CommandFailure {
  return new CommandFailure(
    'PROGRESS_UNWRITABLE',
    `The progress can't be written to ${path} (${cause instanceof Error ? cause.message : String(cause)}). Name another file with --progress FILE.`,
    { cause },
  )
}

export function removeProgress(path: string): void {
  rmSync(path, { force: true })
}

/**
 * Locks the progress of an import for this process, until the process or the import ends. Two imports with one progress
 * file would each go on from the other's progress. A process that was killed holds no lock.
 * @throws CommandFailure IMPORT_RUNNING, PROGRESS_UNWRITABLE
 */
export function holdProgress(path: string): { release: () => void } {
  let hold
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    hold = holdFile(`${path}.lock`)
  } catch (error) {
    throw progressUnwritable(path, error)
  }
  if (!hold) {
    throw new CommandFailure(
      'IMPORT_RUNNING',
      `Another import of this file into this target is running (progress: ${path}). Wait for its end, or end it first.`,
    )
  }
  const held = hold
  return {
    release: () => {
      held.remove()
    },
  }
}

/** Where a run begins, and what earlier runs have done. */
export interface StartingPoint {
  readonly from: ReadFrom
  readonly counts: Counts
  readonly seconds: number
  readonly rejectsBytes: number
  readonly anchorRow: number | null
  readonly sentAgain: number
}

export const firstLine: StartingPoint = {
  from: fileStart,
  counts: noCounts,
  seconds: 0,
  rejectsBytes: 0,
  anchorRow: null,
  sentAgain: 0,
}

/** The result of sending a record again that an earlier run had stored. */
export interface Probe {
  readonly isStored: boolean
  /** How many events this request has stored. */
  readonly appended: number
}

export interface ProgressSource {
  readonly path: string
  readonly identity: ImportIdentity
  readonly restart: boolean
  readonly note: (line: string) => void
  /**
   * Sends a record again that an earlier run has stored. If the store was cleared or restored meanwhile, it does not
   * know the record, and the progress is wrong. It is the first stored record of the file, so that it can't overtake
   * another record of its stream.
   */
  readonly probe: (row: number) => Promise<Probe>
}

/** Finds where to begin. Beginning with the first line is always correct: the server recognizes lines that it has. */
export async function findStartingPoint(source: ProgressSource): Promise<StartingPoint> {
  const { path, identity, restart, note, probe } = source
  if (restart) {
    removeProgress(path)
    return firstLine
  }
  const found = readProgress(path, identity)
  if (found.kind === 'none') return firstLine
  if (found.kind === 'useless') {
    note(
      `The progress of an earlier run (${path}) is not used: ${found.reason}. Starting with the first line.`,
    )
    return firstLine
  }
  const { position, counts, seconds, rejectsBytes, anchorRow, sentAgain } = found.progress
  if (anchorRow !== null) {
    const { isStored, appended } = await probe(anchorRow)
    if (!isStored) {
      note('What the earlier run had imported is not there any more. Starting with the first line.')
      // The probe has stored these events. They will come again as duplicates, which must not be counted a second time.
      return { ...firstLine, counts: { ...noCounts, appended, duplicates: -appended } }
    }
  }
  if (position.row > 0) note(`Going on after line ${position.lines}: ${counts.read} are done (${path}).`)
  return { from: position, counts, seconds, rejectsBytes, anchorRow, sentAgain }
}

/** Long enough to be unique in a folder, short enough to be read. */
const HASH_CHARACTERS = 12

/** The same path for the same file, whichever symbolic links lead to it. If there is no file, the resolved path. */
export function pathOf(file: string): string {
  try {
    return realpathSync(file)
  } catch {
    return resolve(file)
  }
}

/**
 * Where progress is kept: in the home folder, one file for each input and target. It is not kept next to the input,
 * since that folder may be read-only, and it holds somebody's data.
 */
export function progressFileOf(home: string, file: string, target: string, tenant: string | null): string {
  const key = JSON.stringify([pathOf(file), target, tenant])
  const hash = createHash('sha256').update(key).digest('hex').slice(0, HASH_CHARACTERS)
  return join(resolve(home), 'imports', `${basename(file)}.${hash}.progress.json`)
}
