import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { z } from 'zod'
import { readJson, writePrivateJson } from './files.ts'
import { projectFolder } from './project.ts'
import type { Home } from './home.ts'

/**
 * Everything that a bundle is made from. npm's lock file in node_modules stands for the packages: it changes whenever
 * npm changes a package.
 */
const INPUTS = [
  'functions',
  'shared',
  'tools',
  'infra/kql',
  'host.json',
  'package.json',
  'node_modules/.package-lock.json',
] as const

/** The inputs that are folders or files of this project's own, and so can change while a run goes on. */
export const WATCHED_FOLDERS = ['functions', 'shared', 'infra/kql'] as const
export const WATCHED_FILES = ['host.json', 'package.json'] as const

const builtSchema = z.object({ hash: z.string() })

/** A hash over the names and contents of all inputs, and over the Node that builds. */
export function inputHash(folder = projectFolder): string {
  const hash = createHash('sha256').update(process.version)
  for (const input of INPUTS) {
    const path = join(folder, input)
    const files = input.endsWith('.json') ? [path].filter((file) => existsSync(file)) : filesOf(path).sort()
    for (const file of files) {
      const content = readFileSync(file)
      hash.update(`\0${relative(folder, file)}\0${content.length}\0`).update(content)
    }
  }
  return hash.digest('hex')
}

function filesOf(path: string): string[] {
  if (!existsSync(path)) return []
  const entries = readdirSync(path, { withFileTypes: true, recursive: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

/**
 * Builds the bundle of this home if anything that it is made from has changed. The bundle is in the home and not in
 * `dist`. Otherwise `npm run build` could remove a chunk that a running host has not loaded yet.
 */
export async function ensureApp(home: Home, build: (outFolder: string) => Promise<void>): Promise<void> {
  const hash = inputHash()
  const built = readJson(home.appFile, builtSchema)
  if (built?.hash === hash && existsSync(join(home.app, 'main.cjs'))) return
  // Removed first: an interrupted build must not look like a finished one.
  rmSync(home.appFile, { force: true })
  await build(home.app)
  writePrivateJson(home.appFile, { hash })
}

/** The hash of what the served bundle was made from; undefined if no build of it was finished. */
export function servedHash(home: Home): string | undefined {
  return readJson(home.appFile, builtSchema)?.hash
}

/**
 * Puts the bundle of `home.appNext` in the place of the served one. A host that runs has loaded its code already; only a
 * chunk that it first needs in this moment comes from the new bundle.
 * @param hash of what the new bundle was made from
 */
export function serveNext(home: Home, hash: string): void {
  const old = `${home.app}-old`
  rmSync(old, { recursive: true, force: true })
  rmSync(home.appFile, { force: true })
  renameSync(home.app, old)
  renameSync(home.appNext, home.app)
  writePrivateJson(home.appFile, { hash })
  rmSync(old, { recursive: true, force: true })
}
