import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePort } from '../../local/ports/index.ts'
import { Fork } from '../examples/fork.ts'
import { eventually } from '../support/local-run.ts'
import { examplesOf, repository } from './examples.ts'

const execute = promisify(execFile)
const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}` }

/** The clone of somebody who follows the page: it gets a domain and starts again, which no other test may see. */
let clone: Fork
let home: string
let ports: { readonly http: number; readonly postgres: number }
/** The second terminal of the page, which stays open. */
const tail = { shown: '', process: undefined as ChildProcess | undefined }

beforeAll(async () => {
  clone = await Fork.create()
  home = await mkdtemp(join(tmpdir(), 'trickle-tutorial-'))
  ports = { http: await freePort(), postgres: await freePort() }
})
afterAll(async () => {
  tail.process?.kill()
  await run('npx trickle stop || true')
  await clone.dispose()
  await rm(home, { recursive: true, force: true })
})

/** The command of the page, on ports and in a home of this test. */
const here = (command: string): string =>
  command
    .replaceAll('http://localhost:7071', `http://localhost:${ports.http}`)
    .replaceAll(/npx trickle start\b/g, `$& --port ${ports.http} --postgres-port ${ports.postgres}`)
    .replaceAll(/npx trickle ([a-z]+)/g, `node cli/bin.mjs $1 --home ${home}`)

async function run(command: string): Promise<string> {
  const { stdout } = await execute('bash', ['-euc', here(command)], { cwd: clone.folder, env })
  return stdout
}

function openSecondTerminal(command: string): void {
  tail.process = spawn('bash', ['-euc', `exec ${here(command)}`], { cwd: clone.folder, env })
  tail.process.stdout?.on('data', (chunk: Buffer) => (tail.shown += chunk.toString()))
}

/** What differs from run to run by its nature. A time that ends with a zero is shorter, and its column with it. */
const mask = (text: string): string =>
  text
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, 'TIME')
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID')
    .replaceAll(/trace [0-9a-f]{32}/g, 'trace TRACE')
    .replaceAll(/ {2,}/g, '  ')
    .replaceAll(/-{2,}/g, '--')
    .trimEnd()

/** These follow the events after some seconds; everything else answers at once. */
const followsLater = (command: string): boolean => /ticket-count|trickle analytics/.test(command)

it('docs/tutorial.md can be followed in a clone, from the first command to the last', async () => {
  const page = await readFile(`${repository}/docs/tutorial.md`, 'utf8')
  const examples = examplesOf(page)
  const shown = examples.filter(({ answer }) => answer !== null)
  expect(shown).toHaveLength(9)
  const seen: (readonly [command: string, output: string])[] = []
  let token = ''
  for (const { command, answer } of examples) {
    if (command.includes('npx trickle tail')) {
      openSecondTerminal(command)
      await eventually(async () => (tail.shown.endsWith('\n') ? true : undefined))
      seen.push([command, mask(tail.shown)])
      continue
    }
    if (command.startsWith('TOKEN='))
      token = await run(`${command.split('\n')[0]}\nprintf 'TOKEN=%s' "$TOKEN"`)
    // The last block ends the product. Before it the second terminal must have caught up.
    if (command === 'npx trickle stop\n')
      await eventually(async () => (linesShown() === 3 ? true : undefined))
    const output = await eventually(async () => {
      const text = mask(await run(`${token}\n${command}`))
      return followsLater(command) && text !== mask(answer ?? '') ? undefined : text
    }, 1_000)
    if (answer !== null) seen.push([command, output])
  }
  expect(seen).toEqual(shown.map(({ command, answer }) => [command, mask(answer ?? '')]))
  expect(mask(tail.shown).split('\n')).toEqual([
    'TIME  ticket-1 1  TicketAdded  {"title":"The lamp is broken"}',
    'TIME  ticket-1 2  TicketAnswered  {"by":"Ada"}',
    'TIME  ticket-ID 1  TicketAdded  {"body":"I am tall.","title":"The chair is too low"}',
  ])
})

const linesShown = (): number => tail.shown.trimEnd().split('\n').length
