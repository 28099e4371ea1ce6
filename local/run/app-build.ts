import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { z } from 'zod'
import { readJson, writePrivateJson } from './files.ts'
import { projectFolder } from './project.ts'
import type { Home } from './home.ts'

/**
 * Everything that a bundle is made from. npm's own record of node_modules stands for the packages: they only change
 * with it.
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
 * The bundle of this home: built when anything it is made from has changed. It lies in the home and not in `dist`, so
 * that `npm run build` beside a running host never takes away a chunk that the host has yet to load.
 */
export async function ensureApp(home: Home, build: (outFolder: string) => Promise<void>): Promise<void> {
  const hash = inputHash()
  const built = readJson(home.appFile, builtSchema)
  if (built?.hash === hash && existsSync(join(home.app, 'main.cjs'))) return
  // Removed first: an interrupted build must not pass for a finished one.
  rmSync(home.appFile, { force: true })
  await build(home.app)
  writePrivateJson(home.appFile, { hash })
}
