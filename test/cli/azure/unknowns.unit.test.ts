import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { answerersFor } from '../../../cli/azure/evidence/answers/index.ts'
import { outputNames, parameterNames } from '../../../cli/azure/evidence/deployment-values.ts'
import { Redactor } from '../../../cli/azure/evidence/redactor.ts'
import { unknowns } from '../../../cli/azure/evidence/unknowns.ts'

const page = readFileSync(new URL('../../../docs/azure/unknowns.md', import.meta.url), 'utf8')
const numbers = unknowns.map(({ number }) => number)

it('are numbered from 1, each number once', () => {
  expect(numbers).toEqual(numbers.map((_, index) => index + 1))
})

it('are the lines of the page: nobody has written into it by hand', () => {
  const rows = [...page.matchAll(/^\| (\d+) \| (.+?) \| /gmu)].map(([, number, about]) => [
    Number(number),
    about,
  ])
  expect(rows).toEqual(unknowns.map(({ number, about }) => [number, about]))
})

it('are those that pages name by number', () => {
  for (const name of ['parameters', 'pipeline', 'upgrade']) {
    const text = readFileSync(new URL(`../../../docs/azure/${name}.md`, import.meta.url), 'utf8')
    const named = [...text.matchAll(/\[unknowns\.md\]\(unknowns\.md\), (\d+)/gu)].map(([, number]) =>
      Number(number),
    )
    expect([name, named.length > 0, named.filter((number) => !numbers.includes(number))]).toEqual([
      name,
      true,
      [],
    ])
  }
})

it('say how a person finds out, each of them', () => {
  for (const { number, findOut } of unknowns) expect([number, findOut.length > 20]).toEqual([number, true])
})

it('are not asked for by a number that there is not', () => {
  const asked = [...answerersFor({ entraUrl: '', tenantToken: undefined }).keys()]
  expect(asked.length).toBeGreaterThan(10)
  expect(asked.filter((number) => !numbers.includes(number))).toEqual([])
})

it('keep their words where secrets are taken out', () => {
  expect(new Redactor().deep(unknowns)).toEqual(unknowns)
})

it('come with the outputs and parameters of the template, read from it', async () => {
  expect(await outputNames()).toContain('POSTGRES_UNWRITTEN_PARAMETERS')
  expect(await parameterNames()).toContain('TRICKLE_SIZE')
})
