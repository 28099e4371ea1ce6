import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const repository = join(import.meta.dirname, '..', '..')
const run = promisify(execFile)

/** Where people copy a command from, and where the product prints one. */
const PLACES = [
  'README.md',
  'docs/**/*.md',
  'examples/**/*',
  '{cli,local,tools,functions,shared,database,infra}/**/*.{ts,mjs}',
]

test('every command is shown in one form, and npm leaves its options to Trickle', () => {
  const shown: string[] = []
  for (const file of globSync(PLACES, { cwd: repository, withFileTypes: true })) {
    if (!file.isFile()) continue
    const text = readFileSync(join(file.parentPath, file.name), 'utf8')
    shown.push(...(text.match(/\b(npx|npm exec)\b[^\n`'"]{0,20}\btrickle\b/gu) ?? []))
  }
  expect(shown.length).toBeGreaterThan(40)
  expect(new Set(shown)).toEqual(new Set(['npx trickle']))
})

/** The registry has another package of this name: npm must not even ask for it. */
const noRegistry = { npm_config_registry: 'http://127.0.0.1:9', npm_config_fetch_retries: '0' }

test.each([
  [['--help'], repository, /^Trickle: events.*Usage: npx trickle COMMAND/su],
  [['help', 'token'], repository, /^Print a token/u],
  [['token', '-h'], join(repository, 'docs'), /^Print a token/u],
  [['--version'], join(repository, 'docs', 'azure'), /^\d+\.\d+\.\d+\n$/u],
  [['status', '--json', '--home', '/nowhere/at/all'], repository, /^\{\n {2}"schemaVersion"/u],
])('npx trickle %j reaches the command of this project in %s', async (words, cwd, answer) => {
  const asked = run('npx', ['trickle', ...words], { cwd, env: { ...process.env, ...noRegistry } })
  // `status` says by its exit code that nothing runs.
  const { stdout } = await asked.catch((error: unknown) => error as { stdout: string })
  expect(stdout).toMatch(answer)
})

test('node cli is the same command, without npm', async () => {
  const { stdout } = await run('node', ['cli', 'token', '--help'], { cwd: repository })
  expect(stdout).toMatch(/^Print a token/u)
})
