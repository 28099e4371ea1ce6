import { glob, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { poolLimits } from '../../../shared/postgres/settings.ts'
import { isAllowed, poolerSettings, readParameters, readSizes, SIZES, type Size } from './postgres-sizes.ts'
import { columnOf, readText, tableUnder, type Table } from './postgres-table.ts'

const PURPOSES = ['reads', 'analytics'] as const
const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url))

let page: string
let sizes: Awaited<ReturnType<typeof readSizes>>
let parameters: Awaited<ReturnType<typeof readParameters>>
beforeAll(async () => {
  page = await readText('docs/azure/postgres-settings.md')
  sizes = await readSizes()
  parameters = await readParameters()
})

/** Everything that is set on some server, with where. */
function everySetting(): { where: string; name: string; value: string }[] {
  return SIZES.flatMap((size) => {
    const rules = sizes[size].postgres
    const groups = {
      [size]: { ...rules.configurations, ...poolerSettings(rules) },
      [`${size}, reads`]: rules.replicaConfigurations.reads,
      [`${size}, analytics`]: rules.replicaConfigurations.analytics,
    }
    return Object.entries(groups).flatMap(([where, settings]) =>
      Object.entries(settings).map(([name, value]) => ({ where, name, value })),
    )
  })
}

describe.each(SIZES)('the page and the file agree at size %s', (size: Size) => {
  it('in the rules of the servers', () => {
    const rules = Object.entries(sizes[size].postgres).filter(([, value]) => typeof value !== 'object')
    const written = Object.fromEntries(rules.map(([name, value]) => [name, String(value)]))
    expect(columnOf(tableUnder(page, 'The servers'), size)).toEqual(written)
  })

  it('in the settings of every server', () => {
    expect(columnOf(tableUnder(page, 'Set on every server'), size)).toEqual(sizes[size].postgres.configurations)
  })

  it('in the settings of the pooler', () => {
    expect(columnOf(tableUnder(page, 'PgBouncer'), size)).toEqual(poolerSettings(sizes[size].postgres))
  })

  it.each(PURPOSES)('in the settings of replicas for %s', (purpose) => {
    const written = columnOf(tableUnder(page, 'Set on replicas besides'), purpose)
    const rules = sizes[size].postgres
    expect(rules.replicaConfigurations[purpose]).toEqual(rules.tier === 'Burstable' ? {} : written)
  })
})

describe('what the page says of the platform', () => {
  const tables = ['Set on every server', 'Set on replicas besides', 'PgBouncer']

  it.each(tables)('is what the parameter pages say: %s', (heading) => {
    const table = tableUnder(page, heading)
    const effect = { dynamic: 'at once', static: 'restart', 'read-only': 'never' }
    for (const [name, row] of table) {
      const known = parameters[name]
      expect(known, name).toBeDefined()
      if (known === undefined) continue
      expect(row['Takes effect'], name).toBe(effect[known.kind])
      expect(row["Platform's own"], name).toBe(known.platform === '' ? '(none)' : known.platform)
      expect(row['Why'], name).not.toBe('')
    }
  })

  it('lists nothing as left alone that is set', () => {
    const left: Table = tableUnder(page, 'Left to the platform')
    expect(left.size).toBeGreaterThan(0)
    const set = new Set(everySetting().map(({ name }) => name))
    expect([...left.keys()].filter((name) => set.has(name))).toEqual([])
  })

  it('answers each setting of requirement E7, in the way it is done', () => {
    const asked = tableUnder(page, 'The settings of requirement E7')
    expect([...asked.keys()]).toEqual([
      'max_connections',
      'shared_buffers',
      'effective_cache_size',
      'maintenance_work_mem',
      'checkpoint_completion_target',
      'wal_buffers',
      'default_statistics_target',
      'random_page_cost',
      'effective_io_concurrency',
    ])
    const left = tableUnder(page, 'Left to the platform')
    for (const [name, row] of asked) {
      const done = row['What is done'] ?? ''
      const isSet = SIZES.every((size) => name in sizes[size].postgres.configurations)
      expect(/^(Set|Left)/.exec(done)?.[0], name).toBe(isSet ? 'Set' : 'Left')
      expect(left.has(name), name).toBe(!isSet)
    }
  })
})

describe('what is set', () => {
  it('is known, may be set, and has a value that the platform takes', () => {
    const refused = everySetting().filter(({ name, value }) => {
      const known = parameters[name]
      return known === undefined || known.kind === 'read-only' || !isAllowed(value, known.allowed)
    })
    expect(refused).toEqual([])
  })

  it('can be refused: by a name, by a kind and by a value', () => {
    expect(parameters['fsync']?.kind).toBe('read-only')
    expect(isAllowed('24', parameters['max_connections']?.allowed ?? '')).toBe(false)
    expect(isAllowed('-2', parameters['log_temp_files']?.allowed ?? '')).toBe(false)
    expect(isAllowed('yes', parameters['wal_level']?.allowed ?? '')).toBe(false)
  })

  it('allows the extensions that migrations create, the statistics, and what was asked for ahead', async () => {
    const created = new Set<string>()
    for await (const file of glob('{shared,functions}/*/migrations/*.up.sql', { cwd: REPOSITORY })) {
      const text = await readFile(`${REPOSITORY}/${file}`, 'utf8')
      for (const [, name = ''] of text.matchAll(/create extension (?:if not exists )?"?([\w-]+)"?/gi))
        created.add(name.toLowerCase())
    }
    for (const size of SIZES) {
      const allowed = sizes[size].postgres.configurations['azure.extensions']?.split(',')
      expect(new Set(allowed), size).toEqual(new Set(['pg_stat_statements', 'postgis', ...created]))
    }
  })

  it('has each time limit and memory figure in the proportion of its reason', () => {
    for (const size of SIZES) {
      const { configurations, pgbouncer } = sizes[size].postgres
      const pages = (name: string): number => Number(configurations[name])
      // A quarter for the server's buffers, the rest for the system's cache.
      expect(pages('effective_cache_size'), size).toBe(3 * pages('shared_buffers'))
      if (!pgbouncer) continue
      // Whoever waited longer in the pooler than the app waits at all has nobody left who reads the answer.
      const waitMs = 1000 * Number(configurations['pgbouncer.query_wait_timeout'])
      expect(waitMs, size).toBeLessThanOrEqual(poolLimits.queryTimeoutMs)
    }
  })
})
