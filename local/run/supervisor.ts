import { LocalFailure } from '../failure/index.ts'
import { newSecret } from '../loopback/index.ts'
import { isSameProcess } from '../process/index.ts'
import { readRun } from './status.ts'
import { checkInstallation } from './installation.ts'
import { bringUp, STOP_ORDER } from './bring-up.ts'
import type { RunOptions } from './bring-up.ts'
import { endOrphans } from './orphans.ts'
import { PortsOfRun } from './ports.ts'
import { RunBook } from './run-book.ts'
import { readRunRecord } from './run-file.ts'
import type { Status } from './run-file.ts'
import { clearData } from './clear-data.ts'
import { homeAt, openHome } from './home.ts'
import type { Home } from './home.ts'
import { alreadyRunning, holdHome } from './hold.ts'
import { keepRunning } from './keeper.ts'
import type { Keeper, KeeperEvents, KeptPart } from './keeper.ts'
import { rotateLogs } from './logs.ts'
import { assertSpace, explainBySpace } from './space.ts'
import type { PartName } from './parts.ts'
import { SourceWatch } from './watch.ts'

export interface RunOutput {
  /** Called with one line about the progress. */
  readonly say: (line: string) => void
  /** Called when everything serves. */
  readonly ready: (status: Status, tookMs: number) => void
}

/** Only the owner may read what this process and its parts write: files get 0600, folders 0700. */
const OWNERS_ONLY = 0o077

/** How often the size of the logs is checked. A part that writes 16 MiB a minute has another problem. */
const ROTATE_EVERY_MS = 60_000

type AnyKeeper = Pick<Keeper<unknown>, 'stop' | 'kill' | 'restart'>

/** One run of everything on one home, from start to stop. */
class Run {
  readonly #home: Home
  readonly #options: RunOptions
  readonly #output: RunOutput
  readonly #book: RunBook
  readonly #keepers = new Map<PartName, AnyKeeper>()
  readonly #startedAt = performance.now()

  constructor(home: Home, options: RunOptions, output: RunOutput) {
    this.#home = home
    this.#options = options
    this.#output = output
    this.#book = new RunBook(home)
  }

  readonly #events: KeeperEvents = {
    down: (name, how, pauseMs) => {
      this.#book.gone(name as PartName)
      this.#output.say(
        `${name} ${how}; it is started again${pauseMs === 0 ? '' : ` in ${pauseMs / 1000} s`}.`,
      )
    },
    up: (name, pid) => {
      this.#book.serves(name as PartName)
      this.#output.say(`${name} serves again (process ${pid}).`)
    },
    failed: (name, reason, pauseMs) => {
      this.#book.gone(name as PartName)
      this.#output.say(`${name} could not be started again: ${reason} Next try in ${pauseMs / 1000} s.`)
    },
  }

  async #keep<Facts>(part: KeptPart<Facts>, signal: AbortSignal): Promise<Keeper<Facts>> {
    const keeper = await keepRunning(part, this.#events, signal)
    const name = part.name as PartName
    this.#keepers.set(name, keeper)
    this.#book.serves(name)
    return keeper
  }

  /** Starts everything. If one part fails, the starts of the others are given up before the failure is thrown. */
  async start(signal: AbortSignal): Promise<void> {
    const { postgresUrl } = this.#options
    const ports = await PortsOfRun.choose(this.#home, {
      functions: this.#options.port,
      background: this.#options.backgroundPort,
      postgres: postgresUrl === undefined ? this.#options.postgresPort : undefined,
      serviceBus: this.#options.serviceBusPort,
    })
    const giveUp = new AbortController()
    const either = AbortSignal.any([signal, giveUp.signal])
    const starts: Promise<unknown>[] = []
    try {
      await bringUp({
        home: this.#home,
        options: this.#options,
        ports,
        secret: newSecret(),
        book: this.#book,
        signal: either,
        say: this.#output.say,
        spawned: (name, pid) => {
          this.#book.spawned(name, pid)
        },
        keep: async (part) => {
          // Nothing is started any more once another part has failed.
          either.throwIfAborted()
          const start = this.#keep(part, either)
          starts.push(start)
          return await start
        },
      })
    } catch (error) {
      // The free space is measured before anything is removed. Afterwards a full disk may have space again.
      const explained = explainBySpace(this.#home, error)
      giveUp.abort()
      await Promise.allSettled(starts)
      throw signal.aborted ? interrupted(this.#home) : explained
    }
    this.#book.enter('serving')
    this.#output.ready(this.#book.status, performance.now() - this.#startedAt)
  }

  async stop(): Promise<void> {
    this.#book.enter('stopping')
    for (const names of STOP_ORDER) {
      await Promise.all(
        names.map(async (name) => {
          await this.#keepers.get(name)?.stop()
          this.#book.gone(name)
        }),
      )
    }
  }

  /** Restarts what runs the bundle. @returns whether all of it serves again at the first try */
  async restartFunctions(): Promise<boolean> {
    const [names = []] = STOP_ORDER
    const outcomes = await Promise.all(
      names.map(async (name) => {
        this.#book.gone(name)
        return await this.#keepers.get(name)?.restart()
      }),
    )
    return outcomes.every((serves) => serves === true)
  }

  /** Ends every process at once. The next start recovers unfinished writes. */
  kill(): void {
    for (const keeper of this.#keepers.values()) keeper.kill()
    // Processes that are still starting have no keeper yet.
    for (const part of this.#book.processes) {
      if (part.pid !== process.pid && isSameProcess(part)) process.kill(part.pid, 'SIGKILL')
    }
    this.#book.close()
  }

  close(): void {
    this.#book.close()
  }
}

function interrupted(home: Home): LocalFailure {
  return new LocalFailure({
    code: 'INTERRUPTED',
    what: 'The start was interrupted; what it had started has ended.',
    where: home.folder,
    mend: 'Start again when you like.',
  })
}

/** The signals by which the caller ends a run. */
export interface RunControl {
  /** Ends the run in order. */
  readonly stop: AbortSignal
  /** Ends it at once. */
  readonly kill: AbortSignal
}

/**
 * Runs everything on a home until `control.stop`; returns when all has ended in order.
 * @throws LocalFailure when it cannot be started; everything that was started has ended then
 */
export async function supervise(options: RunOptions, output: RunOutput, control: RunControl): Promise<void> {
  process.umask(OWNERS_ONLY)
  const { run, release } = await openRun(options, output)
  const { logs } = homeAt(options.home)
  let watch: SourceWatch | undefined
  const rotation = setInterval(() => {
    rotateLogs(logs)
  }, ROTATE_EVERY_MS)
  control.kill.addEventListener('abort', () => {
    run.kill()
  })
  try {
    await run.start(control.stop)
    if (options.watch === true) {
      const restart = async (): Promise<boolean> => await run.restartFunctions()
      watch = SourceWatch.start({ home: homeAt(options.home), restart, say: output.say })
    }
    await whenAborted(control.stop)
  } finally {
    clearInterval(rotation)
    await watch?.stop()
    await run.stop()
    run.close()
    release()
  }
}

async function openRun(options: RunOptions, output: RunOutput): Promise<{ run: Run; release: () => void }> {
  checkInstallation({ postgres: options.postgresUrl === undefined })
  const home = openHome(options.home)
  const before = readRun(home.folder)
  if (before.state !== 'not running') throw alreadyRunning(home, before.status.pid)
  const hold = holdHome(home)
  try {
    const record = readRunRecord(home)
    const ended = record ? await endOrphans(record) : []
    if (ended.length > 0)
      output.say(`An earlier run was killed; ended what it left behind: ${ended.join(', ')}.`)
    if (options.fresh) await clearData(home)
    assertSpace(home)
    return { run: new Run(home, options, output), release: hold.release }
  } catch (error) {
    hold.release()
    throw error
  }
}

async function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => {
    signal.addEventListener(
      'abort',
      () => {
        resolve()
      },
      { once: true },
    )
  })
}
