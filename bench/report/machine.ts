import { execFile } from 'node:child_process'
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { median } from '../measure/index.ts'
import packageFile from '../../package.json' with { type: 'json' }

const repository = fileURLToPath(new URL('../..', import.meta.url))

/** The machine of the run. Figures can't be understood without it. */
export interface MachineFacts {
  readonly cores: number
  readonly processor: string
  readonly memoryMebibytes: number
  readonly platform: string
  /** Time of one fdatasync of 8 KiB in the folder for temporary files, where PostgreSQL's data lies. */
  readonly syncMicros: number
  readonly versions: Readonly<Record<string, string>>
  /** Null outside of a Git checkout. */
  readonly commit: { readonly hash: string; readonly isChanged: boolean } | null
}

export async function machineFacts(): Promise<MachineFacts> {
  const require = createRequire(import.meta.url)
  const version = (name: string): string =>
    (require(`${name}/package.json`) as { readonly version: string }).version
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    memoryMebibytes: Math.round(totalmem() / 1_048_576),
    platform: `${process.platform} ${process.arch}`,
    syncMicros: measureSync(),
    versions: {
      trickle: packageFile.version,
      node: process.versions.node,
      pg: version('pg'),
      '@azure/functions': version('@azure/functions'),
      zod: version('zod'),
    },
    commit: await commitFacts(),
  }
}

/** Load averages over 1, 5 and 15 minutes. They show whether other work ran on the machine. */
export const loadAverages = (): number[] => loadavg().map((value) => Math.round(value * 100) / 100)

const SYNCS = 25
const PAGE_BYTES = 8_192

/** If the time is near zero, the disk reports writes that it has not made durable, or it is a disk in memory. */
function measureSync(): number {
  const folder = mkdtempSync(join(tmpdir(), 'trickle-bench-sync-'))
  const file = openSync(join(folder, 'page'), 'w')
  const page = Buffer.alloc(PAGE_BYTES, 1)
  try {
    const times = Array.from({ length: SYNCS }, () => {
      const startMs = performance.now()
      writeSync(file, page, 0, PAGE_BYTES, 0)
      fdatasyncSync(file)
      return performance.now() - startMs
    })
    return Math.round(median(times) * 1_000)
  } finally {
    closeSync(file)
    rmSync(folder, { recursive: true })
  }
}

async function commitFacts(): Promise<MachineFacts['commit']> {
  const git = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)('git', args, { cwd: repository, timeout: 10_000 })).stdout.trim()
  try {
    return { hash: await git('rev-parse', 'HEAD'), isChanged: (await git('status', '--porcelain')) !== '' }
  } catch {
    return null
  }
}
