import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
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
    const temporary = within('tmp')
    await mkdir(temporary, { recursive: true })
    const args = ['build', project, '--configuration', 'Release', '--output', within('out')]
    // Without --disable-build-servers, compiler processes would stay, and use the processor while others measure.
    await promisify(execFile)(
      'dotnet',
      [...args, `--property:BaseIntermediateOutputPath=${within('obj')}`, '--disable-build-servers'],
      {
        timeout: BUILD_WITHIN_MS,
        // NuGet leaves files in the folder for temporary files.
        env: { ...process.env, DOTNET_CLI_TELEMETRY_OPTOUT: '1', TMPDIR: temporary },
      },
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

const projectedSchema = z.object({ events: z.number(), seconds: z.number(), cpuSeconds: z.number() })
const loadSchema = z.object({
  calls: z.number(),
  conflicts: z.number(),
  seconds: z.number(),
  cpuSeconds: z.number(),
})
const filledSchema = z.object({ seconds: z.number() })
const doorSchema = z.object({ url: z.url(), pid: z.int() })

export type MartenProjected = z.infer<typeof projectedSchema>
/** What a turn of appends or reads did. A conflict: another append to the stream came first. */
export type MartenLoad = z.infer<typeof loadSchema>

/** `rich` is Marten's older append mode, and its default. In `quick` a function in the database gives the versions. */
export type MartenMode = 'quick' | 'rich'

export interface MartenTurn {
  readonly mode: MartenMode
  readonly callers: number
  readonly turnMs: number
}

/** Streams of equal length, which belong to the tenants in turn. Default: 64 tenants, as in bench/stage/append-load.ts. */
export interface MartenStreams {
  readonly streams: number
  readonly perStream: number
  readonly tenants?: number
}

/** Marten in its own process, on its own database. */
export class Marten {
  readonly #process: ChildProcess
  readonly #answers: AsyncIterator<string>

  private constructor(process: ChildProcess, lines: Interface) {
    this.#process = process
    this.#answers = lines[Symbol.asyncIterator]()
  }

  /** @param connections the size of its pool */
  static async open(
    place: string,
    server: BenchServer,
    connections: number,
    via: (url: string) => string = (url) => url,
  ): Promise<Marten> {
    const { hostname, port, username, password, pathname } = new URL(
      via(await createPeerDatabase(server, DATABASE)),
    )
    const login = `Host=${hostname};Port=${port};Username=${username};Password=${decodeURIComponent(password)};Database=${pathname.slice(1)}`
    const started = spawn('dotnet', [place, login, String(connections)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await once(started, 'spawn')
    return new Marten(started, createInterface({ input: started.stdout }))
  }

  /** Writes the log that `project` goes through. */
  seed(log: TallyLog): Promise<MartenProjected> {
    return this.#order({ work: 'seed', ...log }, projectedSchema)
  }

  /** Projects the whole log with the asynchronous daemon. */
  project(log: TallyLog): Promise<MartenProjected> {
    return this.#order({ work: 'project', ...log }, projectedSchema)
  }

  /** Writes the streams that `read` reads. */
  async writeStreams(log: MartenStreams): Promise<void> {
    await this.#order({ work: 'fill', ...log }, filledSchema)
  }

  /** Appends under a closed-loop load. `isHot`: all appends go to one stream. */
  append(turn: MartenTurn & { readonly events: number; readonly isHot?: boolean }): Promise<MartenLoad> {
    return this.#order({ work: 'append', ...turn }, loadSchema)
  }

  /** Reads whole streams, to objects, under a closed-loop load. */
  read(turn: MartenTurn & MartenStreams): Promise<MartenLoad> {
    return this.#order({ work: 'read', ...turn }, loadSchema)
  }

  /** Answers appends and reads over HTTP (Kestrel), until `end`. */
  serve(): Promise<{ readonly url: string; readonly pid: number }> {
    return this.#order({ work: 'serve' }, doorSchema)
  }

  /** Closes the program's standard input. The program then ends by itself. */
  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    this.#process.stdin?.end()
    await once(this.#process, 'exit')
  }

  async #order<Answer>(order: { readonly work: string }, schema: z.ZodType<Answer>): Promise<Answer> {
    this.#process.stdin?.write(`${JSON.stringify(order)}\n`)
    for (;;) {
      const { done, value } = await this.#answers.next()
      if (done === true) throw new Error(`Marten ended during ${order.work}: what it said is above`)
      // Marten writes its log to the same output: other lines are skipped.
      if (value.startsWith('{')) return schema.parse(JSON.parse(value))
    }
  }
}
