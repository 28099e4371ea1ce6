import { openCast } from './cast.ts'
import type { Cast, RunHooks } from './cast.ts'
import { direct } from './direct.ts'
import { killBackends, rollBackLostPrepared } from './faults/index.ts'
import type { JanitorSignals } from './faults/index.ts'
import { countDeadlocks, countEvents } from './log-counts.ts'
import type { SoakOptions } from './options.ts'
import { readerPlans } from './readers/index.ts'
import { reconcile } from './reconcile/index.ts'
import type { SoakResult } from './result.ts'
import { PREPARED_PREFIX } from './writers/index.ts'

/**
 * One run: writers write, readers read, faults happen, and at the end everything is reconciled. Breaches stand in the
 * result. It throws only when the run could not be carried out.
 */
export async function runSoak(options: SoakOptions, hooks: RunHooks): Promise<SoakResult> {
  const { onProgress } = hooks
  const startedAtMs = Date.now()
  const cast = await openCast(options, hooks)
  const { adminUrl, folder, readers, foreign, fleet } = cast
  const phases = new Phases(hooks)
  const janitor = rollBackLostPrepared(adminUrl, PREPARED_PREFIX, phases.signals)
  const backendsKilled = await writeDisturbed(options, cast, startedAtMs, hooks, janitor)
  phases.endWriting()
  const writtenMs = Date.now() - startedAtMs
  await foreign.stopLoops()
  onProgress('the writers have ended; the readers read on beside transactions of others that stand open')
  readers.until(await countEvents(adminUrl, readerPlans))
  await Promise.race([readers.ended, janitor])
  phases.endReading()
  const preparedRolledBack = await janitor
  const caughtUpMs = Date.now() - startedAtMs
  const deadlocks = await countDeadlocks(adminUrl)
  await foreign.stop()
  onProgress('reconciling')
  const found = await reconcile({
    adminUrl,
    space: cast.space,
    ledgerFiles: fleet.ledgerFiles,
    readers: readerPlans,
    folder: folder.path,
  })
  // The files are needed to find the cause of a breach.
  folder.isKept = found.breaches.length > 0
  return {
    options,
    keptFolder: folder.isKept ? folder.path : null,
    startedAt: new Date(startedAtMs).toISOString(),
    writtenMs,
    caughtUpMs,
    faults: {
      backendsKilled,
      preparedRolledBack,
      writersKilled: fleet.killed,
      connections: cast.faults.used,
      foreign: foreign.counts,
      readers: readers.states(),
      deadlocks,
    },
    ...found,
  }
}

/** Which part of the run is over, for what has to go on beside more than one part. An interruption ends all of them. */
class Phases {
  readonly #writing = new AbortController()
  readonly #reading = new AbortController()

  constructor({ cleanup }: RunHooks) {
    cleanup.add(async () => this.endReading())
  }

  get signals(): JanitorSignals {
    return { writersEnded: this.#writing.signal, readersEnded: this.#reading.signal }
  }

  endWriting(): void {
    this.#writing.abort()
  }

  endReading(): void {
    this.endWriting()
    this.#reading.abort()
  }
}

/**
 * Kills connections and writers until the writers have ended.
 * @param janitor its failure ends the run
 * @returns how many connections of each login were killed
 */
async function writeDisturbed(
  options: SoakOptions,
  { adminUrl, random, fleet, foreign, readers }: Cast,
  startedAtMs: number,
  { cleanup, onProgress }: RunHooks,
  janitor: Promise<number>,
): Promise<Record<string, number>> {
  const ending = new AbortController()
  cleanup.add(async () => ending.abort())
  const backendsKilled: Record<string, number> = {}
  const beside = Promise.all([
    killBackends(adminUrl, random, options.killEveryMs * 2, backendsKilled, ending.signal),
    direct(options, { startedAtMs, fleet, foreign, readers, onProgress }),
  ])
  // The first failure ends the run: a run without readers or without faults would prove nothing.
  await Promise.race([fleet.done, beside.then(() => fleet.done), readers.ended, janitor])
  ending.abort()
  await beside
  return backendsKilled
}
