import { rmSync, watch } from 'node:fs'
import type { FSWatcher } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { serveNext, servedHash, WATCHED_FILES, WATCHED_FOLDERS } from './app-build.ts'
import type { Home } from './home.ts'
import { projectFolder } from './project.ts'
import { WatchBuilder } from './watch-builder.ts'
import type { BuildAnswer } from './watch-builder.ts'

export interface SourceWatchOptions {
  readonly home: Home
  /** Restarts what runs the bundle. Returns whether it serves again. */
  readonly restart: () => Promise<boolean>
  readonly say: (line: string) => void
}

/** An editor that saves all, or git that changes branches, writes its files within this time of each other. */
const GATHER_MS = 80

/**
 * Builds the bundle and restarts the functions hosts when sources have changed. A build goes into a folder of its own:
 * if it fails, the hosts go on with the bundle that they have. Changes during a build or a restart are gathered, and
 * built together afterwards. A change that leaves the code as it was, such as one of a comment, restarts nothing.
 */
export class SourceWatch {
  readonly #options: SourceWatchOptions
  readonly #builder: WatchBuilder
  readonly #watchers: FSWatcher[] = []
  readonly #changed = new Set<string>()
  #work: Promise<void>
  #isWorking = false
  #isOver = false
  #servedDigest: string | undefined
  #hasFailed = false

  static start(options: SourceWatchOptions): SourceWatch {
    return new SourceWatch(options)
  }

  private constructor(options: SourceWatchOptions) {
    this.#options = options
    this.#builder = new WatchBuilder(options.home)
    for (const folder of WATCHED_FOLDERS)
      this.#listen(folder, { recursive: true }, (name) => `${folder}/${name}`)
    // Not each file by itself: an editor that writes a new file in its place would leave the old one watched.
    const files: readonly string[] = WATCHED_FILES
    this.#listen('.', {}, (name) => (files.includes(name) ? name : undefined))
    options.say(`Watching ${WATCHED_FOLDERS.join(', ')}: what changes is built and served.`)
    // The first build is for the next ones: it fills the builder's memory.
    this.#work = this.#begin()
  }

  /** Ends the watch; a build that goes on is given up. */
  async stop(): Promise<void> {
    this.#isOver = true
    for (const watcher of this.#watchers) watcher.close()
    await this.#builder.stop()
    // A restart that goes on ends when the part is stopped, which comes after this.
    if (!this.#isWorking) await this.#work
    rmSync(this.#options.home.appNext, { recursive: true, force: true })
  }

  #listen(
    path: string,
    options: { recursive?: boolean },
    nameOf: (name: string) => string | undefined,
  ): void {
    const watcher = watch(join(projectFolder, path), options, (_event, name) => {
      const file = nameOf((name ?? '').replaceAll('\\', '/'))
      if (file === undefined) return
      this.#changed.add(file)
      if (!this.#isWorking && !this.#isOver) this.#work = this.#begin()
    })
    watcher.on('error', (error) => {
      this.#options.say(`${path} cannot be watched any more: ${String(error)}`)
    })
    this.#watchers.push(watcher)
  }

  /** Works until nothing has changed since the last build began. */
  async #begin(): Promise<void> {
    this.#isWorking = true
    try {
      do {
        const startedAt = performance.now()
        await delay(GATHER_MS)
        const changed = [...this.#changed]
        this.#changed.clear()
        if (!this.#isOver) await this.#round(changed, startedAt)
      } while (this.#changed.size > 0 && !this.#isOver)
    } catch (error) {
      this.#options.say(`The watch failed at a change: ${String(error)}`)
    } finally {
      this.#isWorking = false
    }
  }

  async #round(gathered: readonly string[], startedAt: number): Promise<void> {
    const answer = await this.#builder.build()
    if (answer === undefined || this.#isOver) return
    // What changed during the build is in it: it was built until the sources stayed as they were.
    const changed = [...new Set([...gathered, ...this.#changed])]
    if (answer.type === 'failed') {
      this.#hasFailed = true
      this.#options.say(`${named(changed)}: not built, the old functions go on. ${answer.reason}`)
      return
    }
    await this.#serve(answer, changed, startedAt)
    this.#hasFailed = false
  }

  async #serve(
    { hash, digest }: Extract<BuildAnswer, { type: 'built' }>,
    changed: readonly string[],
    startedAt: number,
  ): Promise<void> {
    const { home, say, restart } = this.#options
    const seconds = (): string => ((performance.now() - startedAt) / 1000).toFixed(1)
    if (hash === servedHash(home)) this.#servedDigest ??= digest
    if (digest === this.#servedDigest) {
      if (this.#hasFailed)
        say(`${named(changed)}: built again, and the code is what the functions run already.`)
      return
    }
    serveNext(home, hash)
    this.#servedDigest = digest
    const builtAfter = seconds()
    const serves = await restart()
    if (serves) say(`${named(changed)}: built after ${builtAfter} s, served after ${seconds()} s.`)
    if (changed.some((file) => file.endsWith('.sql')))
      say('SQL has changed, too. This puts it into the database: npx trickle migrate')
  }
}

/** The first file by its name, the others by their number. */
function named(changed: readonly string[]): string {
  const [first = 'the sources'] = changed
  return changed.length < 2 ? first : `${first} and ${changed.length - 1} more`
}
