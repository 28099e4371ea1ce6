import { setTimeout as pause } from 'node:timers/promises'
import type { ForeignLoad } from './faults/index.ts'
import type { SoakOptions } from './options.ts'
import type { ReadersProcess, WriterFleet } from './stage/index.ts'

/** From this share of the run on, a foreign transaction stays open in each database until the readers have ended. */
const FOREIGN_STANDS_FROM = 0.95

const LOOK_EVERY_MS = 100

export interface Direction {
  readonly startedAtMs: number
  readonly fleet: WriterFleet
  readonly foreign: ForeignLoad
  readonly readers: ReadersProcess
  readonly onProgress: (line: string) => void
}

/** Follows the writers: kills a writer when its time has come, opens the foreign transactions, reports the progress. */
export async function direct(options: SoakOptions, direction: Direction): Promise<void> {
  const { startedAtMs, fleet, foreign } = direction
  // The code that waits for `fleet.done` itself reports a failure.
  const ended = fleet.done.catch(() => {})
  let kills = 0
  let isStanding = false
  let toldAtMs = Date.now()
  while (!fleet.hasEnded) {
    await Promise.race([ended, pause(LOOK_EVERY_MS)])
    const elapsedMs = Date.now() - startedAtMs
    const shareOfTime = options.minutes === null ? 0 : elapsedMs / (options.minutes * 60_000)
    const share = Math.max(shareOfTime, fleet.made / options.appends)
    if (shareOfTime >= 1) fleet.stopMaking()
    if (share >= (kills + 1) / (options.writerKills + 1) && kills < options.writerKills) {
      kills += 1
      await fleet.killOne()
    }
    if (share >= FOREIGN_STANDS_FROM && !isStanding) {
      isStanding = true
      await foreign.stand()
    }
    if (Date.now() - toldAtMs >= options.progressEveryMs) {
      toldAtMs = Date.now()
      direction.onProgress(progressLine(options, elapsedMs, direction))
    }
  }
}

function progressLine({ appends }: SoakOptions, elapsedMs: number, { fleet, readers }: Direction): string {
  const seen = readers
    .states()
    .map((reader) => reader.seen)
    .join(' ')
  return `${Math.round(elapsedMs / 1_000)} s: ${fleet.made} of ${appends} appends, ${fleet.killed} writers killed; readers have seen ${seen}`
}
