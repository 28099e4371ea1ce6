import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { Client } from 'pg'
import { clearServer, startServer } from '../../../local/postgres/index.ts'
import type { RunningServer, StartServerOptions } from '../../../local/postgres/index.ts'
import { LocalFailure } from '../../../local/failure/index.ts'

export const asRoot = process.getuid?.() === 0
export const WHY_ROOT = 'needs root: it mounts a file system or gives a folder to another account'

/** Everything a test makes, taken back in reverse order by `clean`. */
export class Ground {
  readonly #steps: (() => unknown)[] = []
  readonly folder: string

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'trickle-ground-'))
    chmodSync(this.folder, 0o711)
    this.onClean(() => {
      rmSync(this.folder, { recursive: true, force: true })
    })
  }

  onClean(step: () => unknown): void {
    this.#steps.push(step)
  }

  path(...names: string[]): string {
    return join(this.folder, ...names)
  }

  /** A small file system of its own, to be filled up (root only). */
  mountSmallDisk(name: string, mebibytes: number): string {
    const folder = this.path(name)
    mkdirSync(folder, { mode: 0o711 })
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=711`, 'tmpfs', folder])
    if (mounted.status !== 0) throw new Error(`mount failed: ${mounted.stderr.toString()}`)
    this.onClean(() => spawnSync('umount', ['-l', folder]))
    return folder
  }

  async start(serverFolder: string, options: Partial<StartServerOptions> = {}): Promise<RunningServer> {
    this.onClean(async () => {
      await clearServer(serverFolder)
    })
    const server = await startServer({ durable: false, port: 0, ...options, dataFolder: serverFolder })
    this.onClean(async () => {
      await server.stop()
    })
    return server
  }

  async clean(): Promise<void> {
    for (const step of this.#steps.toReversed()) await step()
  }
}

export async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const result = await client.query<Record<string, unknown>>(text)
    return result.rows
  } finally {
    await client.end()
  }
}

/** The failure that a start ends with; fails the test when it ends well or otherwise. */
export async function failureOf(attempt: Promise<unknown>): Promise<LocalFailure> {
  try {
    await attempt
  } catch (error) {
    if (error instanceof LocalFailure) return error
    throw error
  }
  throw new Error('expected a failure, but it went well')
}
