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

test('every command that is shown leaves the options to Trickle: npm takes those before -- for its own', () => {
  const shown: string[] = []
  for (const file of globSync(PLACES, { cwd: repository, withFileTypes: true })) {
    if (!file.isFile()) continue
    const text = readFileSync(join(file.parentPath, file.name), 'utf8')
    shown.push(...(text.match(/\b(npx|npm exec)\b[^\n`'"]{0,20}\btrickle\b/gu) ?? []))
  }
  expect(shown.length).toBeGreaterThan(40)
  expect(new Set(shown)).toEqual(new Set(['npx --no -- trickle']))
})

test.each([
  [['--help'], /^Trickle: events.*Usage: npx --no -- trickle COMMAND/su],
  [['help'], /^Trickle: events.*Usage: npx --no -- trickle COMMAND/su],
  [['help', 'token'], /^Print a token/u],
  [['token', '--help'], /^Print a token/u],
  [['--version'], /^\d+\.\d+\.\d+\n$/u],
  [['status', '--json', '--home', '/nowhere/at/all'], /^\{\n {2}"schemaVersion"/u],
])('npx --no -- trickle %j reaches the command', async (words, answer) => {
  const asked = run('npx', ['--no', '--', 'trickle', ...words], { cwd: repository })
  // `status` says by its exit code that nothing runs.
  const { stdout } = await asked.catch((error: unknown) => error as { stdout: string })
  expect(stdout).toMatch(answer)
})
