import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { createPeerDatabase } from '../../stage/index.ts'
import type { BenchServer } from '../../stage/index.ts'
import type { TallyLog } from '../tally.ts'
import type { Found } from './npm.ts'

/** The version in bench/peers/marten/MartenPeer.csproj. A figure must name the version that it holds for. */
export const MARTEN_VERSION = '9.58.0'

/** The first time, packages are loaded from NuGet. Compiling takes half a minute on two busy cores. */
const BUILD_WITHIN_MS = 300_000
const DATABASE = 'bench_marten'

const project = fileURLToPath(new URL('../marten/MartenPeer.csproj', import.meta.url))

/**
 * Finds the compiled peer in the folder. If `isMade`, it is compiled there, and the compiler's other files stay there,
 * too.
 * @returns where the program is, or why there is none
 */
export async function martenIn(folder: string, isMade: boolean): Promise<Found<string>> {
  const place = join(folder, 'marten')
  const program = join(place, 'out', 'MartenPeer.dll')
  if (!isMade)
    return existsSync(program) ? { place: program } : { missing: 'nothing is installed by --no-install' }
  const within = (name: string): string => `${join(place, name)}/`
  try {
    await promisify(execFile)(
      'dotnet',
      [
        'build',
        project,
        '--configuration',
        'Release',
        '--output',
        within('out'),
        `--property:BaseIntermediateOutputPath=${within('obj')}`,
      ],
      { timeout: BUILD_WITHIN_MS, env: { ...process.env, DOTNET_CLI_TELEMETRY_OPTOUT: '1' } },
    )
    return { place: program }
  } catch (error) {
    return { missing: whyNot(error) }
  }
}

function whyNot(error: unknown): string {
  const { code, stdout } = error as { code?: unknown; stdout?: unknown }
  if (code === 'ENOENT') return 'dotnet is not on the path (.NET 10 SDK)'
  const line = (typeof stdout === 'string' ? stdout : '').split('\n').find((text) => / error /.test(text))
  return `dotnet could not build bench/peers/marten: ${line?.trim() ?? String(error)}`
}

const answerSchema = z.object({ events: z.number(), seconds: z.number(), cpuSeconds: z.number() })

export type MartenAnswer = z.infer<typeof answerSchema>

/** Marten in its own process, on its own database. */
export class Marten {
  readonly #process: ChildProcess
  readonly #answers: AsyncIterator<string>

  private constructor(process: ChildProcess, lines: Interface) {
    this.#process = process
    this.#answers = lines[Symbol.asyncIterator]()
  }

  static async open(place: string, server: BenchServer): Promise<Marten> {
    const { hostname, port, username, password, pathname } = new URL(
      await createPeerDatabase(server, DATABASE),
    )
    const login = `Host=${hostname};Port=${port};Username=${username};Password=${decodeURIComponent(password)};Database=${pathname.slice(1)}`
    const started = spawn('dotnet', [place, login], { stdio: ['pipe', 'pipe', 'inherit'] })
    await once(started, 'spawn')
    return new Marten(started, createInterface({ input: started.stdout }))
  }

  seed(log: TallyLog): Promise<MartenAnswer> {
    return this.#ask('seed', log)
  }

  /** Projects the whole log with the asynchronous daemon. */
  project(log: TallyLog): Promise<MartenAnswer> {
    return this.#ask('project', log)
  }

  /** Closes the program's standard input. The program then ends by itself. */
  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    this.#process.stdin?.end()
    await once(this.#process, 'exit')
  }

  async #ask(work: 'seed' | 'project', log: TallyLog): Promise<MartenAnswer> {
    this.#process.stdin?.write(`${JSON.stringify({ work, ...log })}\n`)
    for (;;) {
      const { done, value } = await this.#answers.next()
      if (done === true) throw new Error(`Marten ended during ${work}: what it said is above`)
      // Marten writes its log to the same output: other lines are skipped.
      if (value.startsWith('{')) return answerSchema.parse(JSON.parse(value))
    }
  }
}
