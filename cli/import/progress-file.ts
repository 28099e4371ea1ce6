import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { systemCode } from '../../local/failure/index.ts'
import { CommandFailure } from '../frame/index.ts'
import { countsSchema } from './tally.ts'

/** What an import is about. Progress is worth something only for the very same: file, mapping and target. */
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
  /** Of all runs up to here. */
  seconds: z.number(),
  rejectsBytes: z.int(),
  /** The first record of which an event is stored: whether it still is, tells whether the store is still the same. */
  anchorRow: z.int().nullable(),
})

export type Progress = Readonly<z.infer<typeof progressSchema>>

export type FoundProgress =
  | { readonly kind: 'none' }
  | { readonly kind: 'useless'; readonly reason: string }
  | { readonly kind: 'progress'; readonly progress: Progress }

function whatChanged(before: ImportIdentity, now: ImportIdentity): string {
  if (before.mapping !== now.mapping) return 'the mapping has changed since'
  if (!isDeepStrictEqual(before.format, now.format)) return 'it was made for another format'
  if (before.target !== now.target || before.tenant !== now.tenant) return 'it was made for another target'
  return 'the file has changed since'
}

/** Reads what an earlier run has left. A file that is no use is told of, never an error: to begin anew is always right. */
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

/** What hinders the writing may hinder this too, and is the better thing to tell. */
function removeDraft(draft: string): void {
  try {
    rmSync(draft, { force: true })
  } catch {
    // It stays, and nobody reads it.
  }
}

/**
 * Records progress: the file is whole at every moment, the old one or the new one, also when power goes.
 * @throws CommandFailure PROGRESS_UNWRITABLE
 */
export function writeProgress(path: string, progress: Progress): void {
  // Of one's own: what a killed import has left is not written over half-way.
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
