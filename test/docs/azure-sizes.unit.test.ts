import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8')

const SIZE_NAMES = ['dev', 'trial', 'standard', 'scale'] as const
type Value = string | number | boolean
type Rules = Record<string, Record<string, Value>>

const sizes = JSON.parse(await read('infra/sizes.json')) as Record<(typeof SIZE_NAMES)[number], Rules>

/** Name and values by size of each row of a table whose first column is a name in backticks. */
const rowsOf = (page: string): Map<string, string[]> =>
  new Map(
    [...page.matchAll(/^\| `([\w.]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| .+ \|$/gm)].map(
      ([, name = '', ...values]) => [name, values.slice(0, 4).map((value) => value.trim())],
    ),
  )

const valuesOf = (family: string, rule: string): string[] =>
  SIZE_NAMES.map((size) => String(sizes[size][family]?.[rule]))

/** What a size costs when no other parameter is set: no Service Bus, no cache, a public network. */
function defaultCostOf(rules: Rules): number {
  const cost = (name: string): number => Number(rules['monthlyCost']?.[name])
  const standbys = rules['postgres']?.['highAvailability'] === 'Disabled' ? 0 : 1
  const servers = 1 + standbys + replicasOf(rules)
  const nodes = rules['analytics']?.['mode'] === 'new' ? Number(rules['analytics']['capacity']) : 0
  return (
    nodes * cost('analyticsNode') +
    servers * (cost('postgresServer') + cost('postgresStorage')) +
    cost('functions') +
    4 * cost('storageAccount') +
    cost('monitoring')
  )
}

const replicasOf = (rules: Rules): number => Object.keys(rules['replicas'] ?? {}).length

describe('what the pages say of infra/sizes.json', () => {
  it('docs/azure/scaling.md has every rule but those of PostgreSQL, with its values', async () => {
    const families = Object.keys(sizes.dev).filter(
      (name) => !['postgres', 'replicas', 'monthlyCost'].includes(name),
    )
    const replicas = ['replicas', SIZE_NAMES.map((size) => String(replicasOf(sizes[size])))] as const
    const expected = families.flatMap((family) =>
      Object.keys(sizes.dev[family] ?? {}).map(
        (rule) => [`${family}.${rule}`, valuesOf(family, rule)] as const,
      ),
    )
    expect(expected.length).toBeGreaterThan(10)
    expect(Object.fromEntries(rowsOf(await read('docs/azure/scaling.md')))).toEqual(
      Object.fromEntries([replicas, ...expected]),
    )
  })

  it('docs/azure/deploy.md has every cost, and says from when and that it is an estimate', async () => {
    const page = await read('docs/azure/deploy.md')
    const pieces = Object.keys(sizes.dev['monthlyCost'] ?? {}).filter(
      (name) => !['asOf', 'source'].includes(name),
    )
    expect(Object.fromEntries(rowsOf(page))).toEqual(
      Object.fromEntries(pieces.map((piece) => [piece, valuesOf('monthlyCost', piece)])),
    )
    expect(valuesOf('monthlyCost', 'asOf')).toEqual(SIZE_NAMES.map(() => '2026-11'))
    expect(valuesOf('monthlyCost', 'source')).toEqual(SIZE_NAMES.map(() => 'estimate'))
    expect(page).toContain('**Estimates, November 2026**')
    const sums = SIZE_NAMES.map((size) => `**${defaultCostOf(sizes[size])}**`).join(' | ')
    expect(page).toContain(`| **all that a size has by default** | ${sums} |`)
  })
})

interface Queues {
  readonly queues: Record<string, Record<string, Value | string[]>>
  readonly ofContexts: readonly string[]
}

it('docs/azure/queues.md has every setting of the queues of the product, with its values', async () => {
  const file = JSON.parse(await read('infra/service-bus/queues.json')) as Queues
  const queues = Object.fromEntries(
    Object.entries(file.queues).filter(([name]) => !file.ofContexts.includes(name)),
  )
  const page = await read('docs/azure/queues.md')
  const names = /^\| Setting \| (.+) \| Why \|$/m.exec(page)?.[1]?.split(' | ')
  expect(names).toEqual(Object.keys(queues).map((name) => `\`${name}\``))
  const count = Object.keys(queues).length
  const rows = [...page.matchAll(/^\| `(\w+)` \| (.+) \|$/gm)]
    .map(([, setting = '', cells = '']) => [setting, cells.split(' | ')] as const)
    .filter(([, cells]) => cells.length === count + 1)
    .map(([setting, cells]) => [setting, cells.slice(0, count)])
  const settings = Object.keys(Object.values(queues)[0] ?? {})
  expect(Object.fromEntries(rows)).toEqual(
    Object.fromEntries(
      settings.map((setting) => [
        setting,
        Object.values(queues).map((queue) => [queue[setting]].flat().join(', ')),
      ]),
    ),
  )
})
