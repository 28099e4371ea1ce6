import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8')

interface Row {
  readonly parameter: string
  /** The variable of azd that carries it; empty where none does. */
  readonly variable: string
  /** As the page writes it: "required", "empty", or the value. */
  readonly default: string
}

/** `param name type = default`; types may span lines, and then have no default here. */
function defaultsOf(bicep: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const [, name = '', rest = ''] of bicep.matchAll(/^param (\w+) (.*)$/gm)) {
    const value = / = (.*)$/.exec(rest)?.[1]?.replace(/\s*\/\/.*$/, '')
    found.set(name, value === undefined ? 'required' : value.replaceAll(/^'(.*)'$/g, '$1') || 'empty')
  }
  return found
}

/** The variable inside `${NAME}` or `${NAME=default}`. */
function variablesOf(parameters: string): Map<string, string> {
  const { parameters: given } = JSON.parse(parameters) as { parameters: Record<string, { value: unknown }> }
  return new Map(
    Object.entries(given).map(([name, { value }]) => [
      name,
      /\$\{(\w+)/.exec(typeof value === 'string' ? value : JSON.stringify(value))?.[1] ?? '',
    ]),
  )
}

async function rowsOfTemplate(): Promise<Row[]> {
  const variables = variablesOf(await read('infra/main.parameters.json'))
  return [...defaultsOf(await read('infra/main.bicep'))].map(([parameter, value]) => ({
    parameter,
    variable: variables.get(parameter) ?? '',
    default: value,
  }))
}

async function rowsOfPage(): Promise<Row[]> {
  const page = await read('docs/azure/parameters.md')
  return [...page.matchAll(/^\| `(\w+)` \| (?:`(\w+)`)? ?\| (?:`([^`]*)`|(\w+)) \| .+ \| .+ \|$/gm)].map(
    ([, parameter = '', variable = '', value, word]) => ({
      parameter,
      variable,
      default: value ?? word ?? '',
    }),
  )
}

const byName = (a: Row, b: Row): number => (a.parameter < b.parameter ? -1 : 1)

it('docs/azure/parameters.md has every parameter of infra/main.bicep, with its variable and default', async () => {
  const template = await rowsOfTemplate()
  expect(template.length).toBeGreaterThan(10)
  expect((await rowsOfPage()).toSorted(byName)).toEqual(template.toSorted(byName))
})
