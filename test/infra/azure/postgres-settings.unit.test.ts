import { glob, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { poolLimits } from '../../../shared/postgres/settings.ts'
import { isAllowed, isWritten, poolerSettings, readParameters, readSizes, SIZES } from './postgres-sizes.ts'
import type { Size } from './postgres-sizes.ts'
import { columnOf, readText, tableUnder } from './postgres-table.ts'
import type { Table } from './postgres-table.ts'

const PURPOSES = ['reads', 'analytics'] as const
const repository = fileURLToPath(new URL('../../../', import.meta.url))

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

/** Where a setting is written: `yes` at each size that has it, `no` at none, else the sizes. */
function writtenAt(name: string): string {
  const having = SIZES.flatMap((size) => {
    const rules = sizes[size].postgres
    const value = rules.configurations[name] ?? poolerSettings(rules)[name]
    return value === undefined ? [] : [{ size, value }]
  })
  const written = having.filter(({ value }) => isWritten(value, parameters[name]?.platform))
  if (written.length === having.length) return 'yes'
  return written.length === 0 ? 'no' : `at ${written.map(({ size }) => size).join(', ')}`
}

describe.each(SIZES)('the page and the file agree at size %s', (size: Size) => {
  it('in the rules of the servers', () => {
    const { configurations: _, replicaConfigurations: __, ...rules } = sizes[size].postgres
    const written = Object.fromEntries(Object.entries(rules).map(([name, value]) => [name, String(value)]))
    expect(columnOf(tableUnder(page, 'The servers'), size)).toEqual(written)
  })

  it('in the settings of every server', () => {
    expect(columnOf(tableUnder(page, 'Set on every server'), size)).toEqual(
      sizes[size].postgres.configurations,
    )
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
    const written = [...table].map(([name, row]) => [name, row['Takes effect'], row["Platform's own"]])
    const known = [...table.keys()].map((name) => {
      const parameter = parameters[name]
      if (parameter === undefined) return [name, 'unknown']
      return [name, effect[parameter.kind], parameter.platform === '' ? '(none)' : parameter.platform]
    })
    expect(written).toEqual(known)
    expect([...table].filter(([, row]) => row['Why'] === '')).toEqual([])
  })

  it.each(['Set on every server', 'PgBouncer'])('is the reason for what is written: %s', (heading) => {
    const table = tableUnder(page, heading)
    const known = [...table.keys()].map((name) => [name, writtenAt(name)])
    expect([...table].map(([name, row]) => [name, row['Written']])).toEqual(known)
    expect(known.filter(([, written]) => written !== 'yes').length).toBeGreaterThan(0)
  })

  it('leaves nothing of a replica to the primary: what stands there is written', () => {
    const table = tableUnder(page, 'Set on replicas besides')
    expect(new Set([...table.values()].map((row) => row['Written']))).toEqual(new Set(['yes']))
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
    const told = [...asked].map(([name, row]) => [
      name,
      /^(Set|Held|Left)/.exec(row['What is done'] ?? '')?.[0],
      row['Value'],
      row["Platform's own"],
      row['Written'],
    ])
    const done = [...asked.keys()].map((name) => {
      const values = SIZES.flatMap((size) => sizes[size].postgres.configurations[name] ?? [])
      const isSet = values.length === SIZES.length
      const kept = writtenAt(name) === 'no' ? 'Held' : 'Set'
      const way = isSet && !left.has(name) ? kept : !isSet && left.has(name) ? 'Left' : 'neither or both'
      const platform = parameters[name]?.platform
      return isSet
        ? [name, way, [...new Set(values)].join(', '), platform, writtenAt(name)]
        : [name, way, platform, platform, 'no']
    })
    expect(told).toEqual(done)
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
    for await (const file of glob('{shared,functions}/*/migrations/*.up.sql', { cwd: repository })) {
      const text = await readFile(`${repository}/${file}`, 'utf8')
      for (const [, name = ''] of text.matchAll(/create extension (?:if not exists )?"?([\w-]+)"?/gi))
        created.add(name.toLowerCase())
    }
    for (const size of SIZES) {
      const allowed = sizes[size].postgres.configurations['azure.extensions']?.split(',')
      expect(new Set(allowed)).toEqual(new Set(['pg_stat_statements', 'postgis', ...created]))
    }
  })

  it.each(SIZES)('leaves three times the server buffers to the cache of the system at size %s', (size) => {
    const { configurations } = sizes[size].postgres
    const pages = Number(configurations['shared_buffers'])
    expect(pages).toBeGreaterThan(0)
    expect(Number(configurations['effective_cache_size'])).toBe(3 * pages)
  })

  it.each(['trial', 'standard', 'scale'] as const)(
    'lets nobody wait in the pooler whom the app no longer waits for: %s',
    (size) => {
      const seconds = Number(sizes[size].postgres.configurations['pgbouncer.query_wait_timeout'])
      expect(seconds).toBeGreaterThan(0)
      expect(1000 * seconds).toBeLessThanOrEqual(poolLimits.queryTimeoutMs)
    },
  )
})
