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

/** Only the trace differs from run to run. */
const mask = (text: string): unknown =>
  JSON.parse(text, (key, value: unknown) => (key === 'traceId' ? '*' : value))

it('the examples of docs/append.md give what it shows, in its order', async () => {
  const examples = examplesOf(await readFile(`${repository}/docs/append.md`, 'utf8'))
  expect(examples).toHaveLength(5)
  let variables = ''
  const seen: unknown[] = []
  for (const { command } of examples) {
    seen.push([command, mask(await outputOf(api, variables, command))])
    variables += (command.match(/^(?:TOKEN|API)=.*\n/gm) ?? []).join('')
  }
  expect(seen).toEqual(examples.map(({ command, answer }) => [command, mask(answer ?? '')]))
})
