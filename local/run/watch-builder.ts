import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { z } from 'zod'
import { basicEnvironment } from './environment.ts'
import type { Home } from './home.ts'
import { openLog } from './logs.ts'
import { projectFolder } from './project.ts'

const answerSchema = z.discriminatedUnion('type', [
  /** `hash`: of the sources. `digest`: of the code that was made from them. */
  z.object({ type: z.literal('built'), hash: z.string(), digest: z.string() }),
  z.object({ type: z.literal('failed'), hash: z.string(), reason: z.string() }),
])

export type BuildAnswer = z.infer<typeof answerSchema>

/** Asks the process that builds. It is started at the first build, and again when it has died. */
export class WatchBuilder {
  readonly #home: Home
  #child: ChildProcess | undefined
  #isOver = false

  constructor(home: Home) {
    this.#home = home
  }

  /** Builds into `home.appNext`. One build at a time. Never rejects; undefined after `stop`. */
  async build(): Promise<BuildAnswer | undefined> {
    const child = (this.#child ??= this.#start())
    const over = new AbortController()
    try {
      child.send('build')
      const answered = once(child, 'message', { signal: over.signal }).then(([value]) =>
        answerSchema.parse(value),
      )
      const ended = once(child, 'exit', { signal: over.signal }).then(() => undefined)
      for (const loser of [answered, ended]) loser.catch(() => undefined)
      const answer = await Promise.race([answered, ended])
      if (answer !== undefined || this.#isOver) return answer
    } catch {
      // The process ended before it could be asked.
    } finally {
      over.abort()
    }
    this.#child = undefined
    return this.#isOver
      ? undefined
      : { type: 'failed', hash: '', reason: 'The process that builds has ended.' }
  }

  async stop(): Promise<void> {
    this.#isOver = true
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  #start(): ChildProcess {
    const log = openLog(join(this.#home.logs, 'build.log'))
    const child = spawn(process.execPath, ['local/run/watch-child.ts', this.#home.appNext], {
      cwd: projectFolder,
      env: basicEnvironment(),
      stdio: ['ignore', log.descriptor, log.descriptor, 'ipc'],
      // A process group of its own, so that Ctrl-C reaches only the supervisor, which ends it.
      detached: true,
    })
    child.on('error', () => undefined)
    log.close()
    return child
  }
}
