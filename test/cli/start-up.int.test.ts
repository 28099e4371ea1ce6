import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { serveIssuer } from '../../local/issuer/issuer-server.ts'
import { homeAt } from '../../local/run/index.ts'

const run = promisify(execFile)
const repository = join(import.meta.dirname, '..', '..')

/** Tells on stderr of every module that is loaded. */
const LISTENER = `import { registerHooks } from 'node:module'
registerHooks({ load: (url, context, next) => { process.stderr.write('loaded ' + url + '\\n'); return next(url, context) } })`

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'trickle-start-up-'))
})
afterEach(() => {
  rmSync(home, { recursive: true })
})

/** The modules that a command loads, relative to the repository. */
async function loadedBy(...words: string[]): Promise<string[]> {
  const listener = `data:text/javascript,${encodeURIComponent(LISTENER)}`
  const asked = run(process.execPath, ['--import', listener, 'cli/bin.mjs', ...words], { cwd: repository })
  const { stderr } = await asked.catch((error: unknown) => error as { stderr: string })
  return [...stderr.matchAll(/^loaded (file:\S+)$/gmu)].map(([, url = '']) =>
    decodeURIComponent(new URL(url).pathname).slice(repository.length + 1),
  )
}

const packagesOf = (files: readonly string[]): string[] => [
  ...new Set(files.flatMap((file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/u.exec(file)?.[1] ?? [])),
]

test.each([[['--help']], [['--version']], [['tenants']], [['sart']], [['import', '--help']]])(
  '%j loads no package and no work of a command: it answers at once',
  async (words) => {
    const files = await loadedBy(...words)
    expect(files).toContain('cli/frame/command-line.ts')
    expect(packagesOf(files)).toEqual([])
    expect(files.filter((file) => /^(?:cli\/runs|functions|shared)\//u.test(file))).toEqual([])
  },
)

test('token, which shells call inside other commands, loads only what signs', async () => {
  const issuer = await serveIssuer({ folder: homeAt(home).issuer, port: 0 })
  await issuer.stop()
  const files = await loadedBy('token', '--tenant', 'acme', '--home', home)
  expect(files).toContain('cli/runs/token.ts')
  expect(packagesOf(files)).toEqual(['jose'])
  expect(files.filter((file) => /^(?:functions|shared)\//u.test(file))).toEqual([])
})
