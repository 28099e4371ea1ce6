import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startApi } from '../support/api.ts'
import type { Api } from '../support/api.ts'
import { eventually } from '../support/local-run.ts'
import { examplesOf, outputOf, repository } from './examples.ts'

let api: Api

beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api?.run.stop())

/** What differs from run to run by its nature. */
const mask = (text: string): unknown =>
  text.startsWith('{') || text.startsWith('[')
    ? JSON.parse(text, (key, value: unknown) =>
        ['time', 'recordedAt', 'traceId'].includes(key) || (key === 'next' && typeof value === 'string')
          ? '*'
          : value,
      )
    : // A time that ends with a zero is shorter, and the column of a table with it: so widths are not compared.
      text
        .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, 'TIME')
        .replaceAll(/ {2,}/g, '  ')
        .replaceAll(/-{2,}/g, '--')

it("the README's first events give what it shows, in its order", async () => {
  const page = await readFile(`${repository}/README.md`, 'utf8')
  const examples = examplesOf(page.split('\n## First events\n')[1]?.split('\n## ')[0] ?? '')
  expect(examples.filter(({ answer }) => answer !== null).length).toBeGreaterThanOrEqual(4)
  let before = ''
  for (const { command, answer } of examples) {
    if (answer === null) {
      before += `${command}\n`
      continue
    }
    // Analytics follows after seconds; every other command answers at once.
    const seen = await eventually(async () => {
      const output = await outputOf(api, before, command)
      return command.includes(' analytics ') && output.trim() === '[]' ? undefined : output
    }, 1_000)
    expect([command, mask(seen)]).toEqual([command, mask(answer)])
  }
})
