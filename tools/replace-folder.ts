import { glob, mkdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

/** Comparing and renaming takes milliseconds. A lock that is older was left by a process that was killed. */
const LOCK_MAX_MS = 10_000
const LOCK_PAUSE_MS = 20

/**
 * Puts the folder `made` in the place of `target`, in one step. Where `target` has the same files already it is left
 * alone, and `made` is removed: azd packs the services of azure.yaml at the same time, so one may be reading `target`
 * while the other has just built the same again. Both folders must be on one disk.
 */
export async function replaceFolder(made: string, target: string): Promise<void> {
  const lock = `${target}.lock`
  await takeLock(lock)
  try {
    if (await isSame(made, target)) return await rm(made, { recursive: true })
    const old = `${made}.old`
    await rename(target, old).catch(ignoreAbsence)
    await rename(made, target)
    await rm(old, { recursive: true, force: true })
  } finally {
    await rm(lock, { recursive: true, force: true })
  }
}

async function takeLock(lock: string): Promise<void> {
  for (;;) {
    try {
      return await mkdir(lock)
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
    const madeAtMs = await stat(lock).then(
      ({ mtimeMs }) => mtimeMs,
      () => Date.now(),
    )
    if (Date.now() - madeAtMs > LOCK_MAX_MS) await rm(lock, { recursive: true, force: true })
    await wait(LOCK_PAUSE_MS)
  }
}

async function isSame(one: string, two: string): Promise<boolean> {
  const [files, others] = await Promise.all([filesIn(one), filesIn(two)])
  if (files.join('\n') !== others.join('\n')) return false
  for (const file of files) {
    const [content, other] = await Promise.all([readFile(join(one, file)), readFile(join(two, file))])
    if (!content.equals(other)) return false
  }
  return true
}

async function filesIn(folder: string): Promise<string[]> {
  const names: string[] = []
  for await (const entry of glob('**/*', { cwd: folder, withFileTypes: true }))
    if (entry.isFile()) names.push(join(entry.parentPath, entry.name).slice(folder.length + 1))
  return names.toSorted()
}

function ignoreAbsence(error: unknown): void {
  if (codeOf(error) !== 'ENOENT') throw error
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error ? String(error.code) : undefined
