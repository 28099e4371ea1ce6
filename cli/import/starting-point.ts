import { readProgress, removeProgress, type ImportIdentity } from './progress-file.ts'
import { fileStart, type ReadFrom } from './read-lines.ts'
import { noCounts, type Counts } from './tally.ts'

/** Where a run begins, and what earlier ones have done. */
export interface StartingPoint {
  readonly from: ReadFrom
  readonly counts: Counts
  readonly seconds: number
  readonly rejectsBytes: number
  readonly anchorRow: number | null
}

export const firstLine: StartingPoint = {
  from: fileStart,
  counts: noCounts,
  seconds: 0,
  rejectsBytes: 0,
  anchorRow: null,
}

/** What asking for a record that was stored before has shown. */
export interface Probe {
  readonly isStored: boolean
  /** Events of it that the asking itself has stored. */
  readonly appended: number
}

export interface ProgressSource {
  readonly path: string
  readonly identity: ImportIdentity
  readonly restart: boolean
  readonly note: (line: string) => void
  /**
   * Sends a record again that an earlier run has stored. A store that was cleared or restored since does not know it,
   * and then what the progress says is no longer true. It is the first stored record of the file, so that it can't
   * overtake another one of its stream.
   */
  readonly probe: (row: number) => Promise<Probe>
}

/** Finds where to begin. To begin with the first line is always right: the server knows the lines that it has. */
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
  const { position, counts, seconds, rejectsBytes, anchorRow } = found.progress
  if (anchorRow !== null) {
    const { isStored, appended } = await probe(anchorRow)
    if (!isStored) {
      note('What the earlier run had imported is not there any more. Starting with the first line.')
      // The probe's events come again as duplicates, and are counted as what they are.
      return { ...firstLine, counts: { ...noCounts, appended, duplicates: -appended } }
    }
  }
  if (position.row > 0) note(`Going on behind line ${position.lines}: ${counts.read} are done (${path}).`)
  return { from: position, counts, seconds, rejectsBytes, anchorRow }
}
