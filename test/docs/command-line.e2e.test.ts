import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startApi } from '../support/api.ts'
import type { Api } from '../support/api.ts'
import { examplesOf, outputOf, repository } from './examples.ts'

let api: Api

beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api?.run.stop())

/** A time that ends with a zero is shorter, and the column of a table with it: so widths are not compared. */
const mask = (text: string): string =>
  text
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, 'TIME')
    .replaceAll(/ {2,}/g, '  ')
    .replaceAll(/-{2,}/g, '--')
    .trimEnd()

it('the examples of docs/command-line.md give what it shows, in its order', async () => {
  const examples = examplesOf(await readFile(`${repository}/docs/command-line.md`, 'utf8'))
  expect(examples.filter(({ answer }) => answer !== null)).toHaveLength(4)
  for (const { command, answer } of examples)
    expect([command, mask(await outputOf(api, '', command))]).toEqual([command, mask(answer ?? '')])
})
