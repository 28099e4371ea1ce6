#!/usr/bin/env node
// The command `trickle`. Plain JavaScript, since it may be started by any Node from 18 on: the rest is TypeScript, and
// runs on the Node that package.json pins.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const pinnedMajor = 24
const folder = dirname(fileURLToPath(import.meta.url))
const modules = join(dirname(folder), 'node_modules')

/** @param {string} what @param {string} where @param {string} mend */
function giveUp(what, where, mend) {
  process.stderr.write(`${what}\n  where: ${where}\n  mend:  ${mend}\n`)
  process.exit(1)
}

if (!existsSync(join(modules, 'zod'))) {
  giveUp('Nothing is installed yet.', modules, `Run: npm ci   (in ${dirname(folder)})`)
}

if (Number(process.versions.node.split('.')[0]) === pinnedMajor) {
  await import('./main.ts')
} else {
  const pinned = join(modules, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  if (!existsSync(pinned)) {
    giveUp(
      `Trickle runs on Node ${pinnedMajor}; this is Node ${process.versions.node}, and the pinned one is missing: npm did not run the install script of its package.`,
      pinned,
      'Run: npm rebuild --ignore-scripts=false node',
    )
  }
  const child = spawn(pinned, [join(folder, 'main.ts'), ...process.argv.slice(2)], { stdio: 'inherit' })
  // The child decides what a signal means; this process only waits for it.
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => child.kill(signal))
  }
  child.once('error', (error) => {
    giveUp(
      `The pinned Node could not be started: ${error.message}`,
      pinned,
      'Run: npm rebuild --ignore-scripts=false node',
    )
  })
  child.once('exit', (code) => process.exit(code ?? 1))
}
