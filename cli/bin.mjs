#!/usr/bin/env node
// The command `trickle`. This file is plain JavaScript, since any Node from 18 on may start it. All other files are
// TypeScript and run on the Node version in package.json.
import { existsSync } from 'node:fs'
import module from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runUnder } from './run-under.mjs'

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
  // Before the first TypeScript: from the cache its types are stripped already. Node would otherwise load its compiler
  // at each start, which takes longer than everything else that a short command does.
  module.enableCompileCache(join(modules, '.cache', 'trickle-compiled'))
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
  runUnder(pinned, [join(folder, 'bin.mjs'), ...process.argv.slice(2)], (error) => {
    giveUp(
      `The pinned Node could not be started: ${error.message}`,
      pinned,
      'Run: npm rebuild --ignore-scripts=false node',
    )
  })
}
