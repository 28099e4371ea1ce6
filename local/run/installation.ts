import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { LocalFailure } from '../failure/index.ts'
import { checkBinaries } from '../postgres/index.ts'
import { projectFolder } from './project.ts'

/**
 * Checks that npm installed everything and ran the install scripts, before anything is started. npm skips scripts that
 * its settings do not allow, and the missing files would cause failures that are hard to understand.
 * @throws LocalFailure INSTALLATION_INCOMPLETE, naming the command that mends it
 */
export function checkInstallation(needs: { postgres: boolean }): void {
  const modules = join(projectFolder, 'node_modules')
  if (!existsSync(join(modules, 'zod'))) throw incomplete('Nothing is installed yet.', modules, 'Run: npm ci')
  checkNode()
  checkEsbuild()
  if (needs.postgres) checkBinaries(18)
}

function incomplete(what: string, where: string, mend: string): LocalFailure {
  return new LocalFailure({ code: 'INSTALLATION_INCOMPLETE', what, where, mend })
}

/** The major version that the functions run on in Azure. */
const NODE_MAJOR = 24

function checkNode(): void {
  if (Number(process.versions.node.split('.')[0]) === NODE_MAJOR) return
  throw incomplete(
    `Trickle runs on Node ${NODE_MAJOR}, and this is Node ${process.versions.node}.`,
    process.execPath,
    'Use npm start or npx trickle: they use the pinned one. If that is missing: npm rebuild --ignore-scripts=false node',
  )
}

function checkEsbuild(): void {
  const platformPackage = `@esbuild/${process.platform}-${process.arch}`
  try {
    const esbuild = createRequire(import.meta.url).resolve('esbuild')
    createRequire(esbuild).resolve(`${platformPackage}/package.json`)
  } catch {
    throw incomplete(
      `The bundler is not installed completely: npm package ${platformPackage} of esbuild is missing.`,
      join(projectFolder, 'node_modules'),
      'Run: npm ci --include=dev --include=optional',
    )
  }
}
