import { execFile, spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { signToken } from '../../local/issuer/index.ts'
import { homeAt } from '../../local/run/index.ts'
import { seedHome } from './seed-home.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

export interface RunStatus {
  readonly ready: boolean
  readonly pid: number
  readonly hostPid: number | null
  readonly processes: readonly { name: string; pid: number }[]
  readonly url: string
  readonly masterKey: string
  /** The app for operators, timers and queues. */
  readonly background: { readonly url: string; readonly masterKey: string; readonly hostPid: number | null }
  readonly issuer: string
  readonly audience: string
  readonly postgres: Readonly<
    Record<'app' | 'worker' | 'forwarder' | 'operator' | 'migrator' | 'inspector', string>
  >
  readonly analytics: { readonly url: string; readonly database: string }
  /** A connection string that SDKs take as it is. */
  readonly serviceBus: string
  readonly faults: { readonly analytics: string; readonly serviceBus: string }
}

/** The product as a user runs it, in a folder that only the test uses and on free ports. */
export interface LocalRun extends RunStatus {
  readonly home: string
  /** Runs the command line with this home. Throws if its exit code is not 0. */
  trickle(...args: string[]): Promise<{ stdout: string; stderr: string }>
  status(): Promise<RunStatus>
  token(options: { tenant?: string; roles: readonly string[]; expiresInSeconds?: number }): Promise<string>
  stop(): Promise<void>
}

/** A product that only the calling file uses, since it changes something global. Other files: see `leaseLocalRun`. */
export async function startLocalRun(...options: string[]): Promise<LocalRun> {
  return startRunAt(await mkdtemp(join(tmpdir(), 'trickle-run-')), ...options)
}

/** Starts a product in a folder. */
export async function startRunAt(home: string, ...options: string[]): Promise<LocalRun> {
  await mkdir(home, { recursive: true })
  // If this process runs as root, PostgreSQL runs as another account, which must be able to enter the folder.
  await chmod(home, 0o711)
  await seedHome(home)
  await commandAt(home)('start', '--port', '0', '--postgres-port', '0', '--detach', ...options)
  return runAt(home)
}

/** The product that runs in a folder. */
export async function runAt(home: string): Promise<LocalRun> {
  const trickle = commandAt(home)
  const status = async () => JSON.parse((await trickle('status', '--json')).stdout) as RunStatus
  return {
    ...(await status()),
    home,
    trickle,
    status,
    token: ({ tenant, roles, expiresInSeconds = 3_600 }) =>
      signToken(homeAt(home).issuer, {
        ...(tenant === undefined ? {} : { tenant }),
        roles,
        expiresInSeconds,
        subject: 'test',
      }),
    async stop() {
      await trickle('stop')
      await rm(home, { recursive: true, force: true })
    },
  }
}

const commandAt =
  (home: string) =>
  (...args: string[]) =>
    run(process.execPath, ['cli/main.ts', ...args, '--home', home], {
      cwd: repository,
      maxBuffer: 64 * 1_048_576,
    })

/** Starts the command line as a child process, which a test can kill while it works. */
export function spawnTrickle(home: string, ...args: string[]) {
  return spawn(process.execPath, ['cli/main.ts', ...args, '--home', home], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Waits until `look` returns a value. It has no time limit of its own, for slow machines: the test's limit ends it. */
export async function eventually<T>(look: () => Promise<T | undefined>, pauseMs = 200): Promise<T> {
  for (;;) {
    const seen = await look()
    if (seen !== undefined) return seen
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}
