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

/** Times and tokens differ from run to run; everything else is compared character by character. */
const mask = (text: string): string =>
  text
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME')
    .replaceAll(/\bAg[\w-]{81}\b/g, 'TOKEN')
    .trimEnd()

it('the examples of docs/reads.md give what it shows, in its order', async () => {
  const examples = examplesOf(await readFile(`${repository}/docs/reads.md`, 'utf8'))
  expect(examples.filter(({ answer }) => answer !== null)).toHaveLength(9)
  let before = ''
  let hasAppended = false
  for (const { command, answer } of examples) {
    if (answer === null) {
      // The first block makes the events; later ones need its functions, not its events.
      if (!hasAppended) await outputOf(api, '', command)
      before += hasAppended ? `${command}\n` : `${command.replaceAll(/^append .*$/gm, '')}\n`
      hasAppended = true
      continue
    }
    expect([command, mask(await outputOf(api, before, command))]).toEqual([command, mask(answer)])
  }
})
