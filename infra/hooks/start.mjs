// Starts a hook of azd. Plain JavaScript, since azd runs it on whatever Node the machine has: the hooks are TypeScript and
// run on the Node that package.json pins, as the command line does (cli/bin.mjs).
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const pinnedMajor = 24
const folder = dirname(fileURLToPath(import.meta.url))
const repository = dirname(dirname(folder))
const modules = join(repository, 'node_modules')

/** @param {string} what @param {string} where @param {string} mend */
function giveUp(what, where, mend) {
  process.stderr.write(`${what}\n  where: ${where}\n  mend:  ${mend}\n`)
  process.exit(1)
}

/** @param {string} name the hook, such as `preprovision` */
export async function start(name) {
  if (!existsSync(join(modules, 'zod'))) {
    giveUp('Nothing is installed yet.', modules, `Run: npm ci   (in ${repository})`)
  }
  const hook = join(folder, `${name}.ts`)
  if (Number(process.versions.node.split('.')[0]) === pinnedMajor) {
    await import(`./${name}.ts`)
    return
  }
  const pinned = join(modules, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  const rebuild = 'Run: npm rebuild --ignore-scripts=false node'
  if (!existsSync(pinned)) {
    giveUp(
      `The hooks run on Node ${pinnedMajor}; this is Node ${process.versions.node}, and the pinned one is missing: npm did not run the install script of its package.`,
      pinned,
      rebuild,
    )
  }
  const child = spawn(pinned, [hook], { stdio: 'inherit' })
  // The child decides what a signal means; this process only waits for it.
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => child.kill(signal))
  }
  child.once('error', (error) =>
    giveUp(`The pinned Node could not be started: ${error.message}`, pinned, rebuild),
  )
  child.once('exit', (code) => process.exit(code ?? 1))
}
