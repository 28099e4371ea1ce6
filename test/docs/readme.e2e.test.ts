import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { eventually, startLocalRun, type LocalRun } from '../support/local-run.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)
let local: LocalRun

beforeAll(async () => {
  local = await startLocalRun()
}, 120_000)
afterAll(() => local?.stop())

interface Example {
  readonly command: string
  /** What the README shows as the answer; null where it shows none. */
  readonly answer: string | null
}

/** Shell blocks of a section, each with the JSON block behind it. */
function examplesOf(markdown: string, heading: string): Example[] {
  const section = markdown.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  return [...section.matchAll(/```sh\n([\s\S]*?)```(?:\s*```json\n([\s\S]*?)```)?/g)].map(
    ([, command = '', answer]) => ({
      command,
      answer: answer ?? null,
    }),
  )
}

/** What differs from run to run by its nature. */
const mask = (text: string): unknown =>
  JSON.parse(text, (key, value: unknown) =>
    ['time', 'recordedAt', 'traceId'].includes(key) || (key === 'next' && typeof value === 'string')
      ? '*'
      : value,
  )

it("the README's first events give what it shows, in its order", async () => {
  const examples = examplesOf(await readFile(`${repository}/README.md`, 'utf8'), 'First events')
  expect(examples.filter(({ answer }) => answer !== null).length).toBeGreaterThanOrEqual(5)
  let before = ''
  for (const { command, answer } of examples) {
    const script = command
      .replaceAll('http://localhost:7071', local.url)
      .replaceAll(/npx --no trickle (\w+)/g, `npx --no trickle $1 --home ${local.home}`)
    if (answer === null) {
      before += `${script}\n`
      continue
    }
    // Analytics follows after seconds; every other command answers at once.
    const seen = await eventually(async () => {
      const path = `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`
      const { stdout } = await run('bash', ['-euc', `${before}${script}`], {
        cwd: repository,
        env: { ...process.env, PATH: path },
      })
      return script.includes(' analytics ') && stdout.trim() === '[]' ? undefined : stdout
    }, 1_000)
    expect([command, mask(seen)]).toEqual([command, mask(answer)])
  }
}, 120_000)
