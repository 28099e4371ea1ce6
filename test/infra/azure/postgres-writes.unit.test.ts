import { describe, expect, it } from 'vitest'
import { readPostprovisionSettings } from '../../../infra/hooks/settings.ts'
import { resourcesOf, snapshotOf } from './snapshots.ts'
import { ofType, ownNameOf, SIZES, stringOf, textOfFile } from './support.ts'
import { outputsSample } from '../hooks/outputs-sample.ts'
import { COMPUTED, isWritten, poolerSettings, readParameters, readSizes } from './postgres-sizes.ts'

const parameters = await readParameters()
const sizes = await readSizes()

/** What is written to each server of a shape, one after the other, by the replica's name or `primary`. */
function writesOf(shape: string): Map<string, { name: string; value: string }[]> {
  const writes = new Map<string, { name: string; value: string }[]>()
  for (const resource of ofType(
    resourcesOf(shape),
    'Microsoft.DBforPostgreSQL/flexibleServers/configurations',
  )) {
    const server = /^psql-\w+-([\w-]+)\//.exec(resource.name)?.[1] ?? 'primary'
    const properties = resource.body['properties'] as { value: string }
    writes.set(server, [
      ...(writes.get(server) ?? []),
      { name: ownNameOf(resource), value: properties.value },
    ])
  }
  return writes
}

/** What the template tells the hook that it has not written. */
const unwrittenOf = (shape: string): ReadonlyMap<string, string> =>
  readPostprovisionSettings({
    ...outputsSample,
    POSTGRES_UNWRITTEN_PARAMETERS: stringOf(snapshotOf(shape).outputs['POSTGRES_UNWRITTEN_PARAMETERS']),
  }).unwrittenParameters

/** Shapes with replicas, by the size they have. */
const withReplicas = { trial: 'trial', standard: 'replicas', scale: 'everything' } as const

const countsOf = (shape: string): Record<string, number> =>
  Object.fromEntries([...writesOf(shape)].map(([server, writes]) => [server, writes.length]))

describe('the writes to a server, each of which waits for the one before', () => {
  // Once 21, 34, 34, and 141. A new setting may raise a count, if the platform has another value by itself.
  it('are 14 to 26 for a server, and 101 for a primary with three replicas, as the page says', () => {
    const [dev, trial, standard, scale] = SIZES.map((size) => countsOf(size)['primary'])
    expect([dev, trial, standard, scale]).toEqual([14, 25, 24, 26])
    const counts = countsOf('replicas')
    expect(counts).toEqual({ primary: 24, one: 25, two: 25, three: 27 })
    const sum = Object.values(counts).reduce((total, count) => total + count, 0)
    expect(textOfFile('docs/azure/postgres-settings.md').replaceAll(/\s+/g, ' ')).toContain(
      `\`dev\` takes ${dev} writes, \`trial\` ${trial}, \`standard\` ${standard}, \`scale\` ${scale}, a primary of \`standard\` with two replicas for reads and one for analytics ${sum} `,
    )
  })

  it.each(SIZES)(
    'are only of what a new server has not by itself, and the rest is told to the hook: %s',
    (size) => {
      const { configurations, ...rules } = sizes[size].postgres
      const all = { ...configurations, ...poolerSettings({ configurations, ...rules }) }
      const written = new Map((writesOf(size).get('primary') ?? []).map(({ name, value }) => [name, value]))
      const [differing, left] = [true, false].map((isKept) =>
        Object.entries(all).filter(
          ([name, value]) => isWritten(value, parameters[name]?.platform) === isKept,
        ),
      )
      expect(Object.fromEntries(written)).toEqual(Object.fromEntries(differing ?? []))
      expect(Object.fromEntries(unwrittenOf(size))).toEqual(Object.fromEntries(left ?? []))
      expect(left?.map(([name]) => name)).toContain('require_secure_transport')
    },
  )

  it.each(SIZES)('leave what the platform computes, to its formula, at size %s', (size) => {
    const { gib, cores } = {
      dev: { gib: 4, cores: 2 },
      trial: { gib: 8, cores: 2 },
      standard: { gib: 16, cores: 4 },
      scale: { gib: 64, cores: 8 },
    }[size]
    // Microsoft's pages of these parameters, for more than 2 GiB.
    const buffers = gib * 32_768
    const formulas = {
      effective_cache_size: gib * 131_072 - buffers,
      maintenance_work_mem: Math.floor(82.5 * Math.log(gib) + 40) * 1_024,
      max_connections: Math.min(Math.floor(gib * 1_024 * 0.104_916_469_703_480_9), 5_000),
      shared_buffers: buffers,
      wal_buffers: cores > 4 ? 16_384 : 2_048,
    }
    const computed = [...unwrittenOf(size)].filter(([name]) => parameters[name]?.platform === COMPUTED)
    expect(Object.fromEntries(computed.map(([name, value]) => [name, Number(value)]))).toEqual(formulas)
  })

  it.each(['trial', 'standard', 'scale'] as const)(
    'of replicas are never of what the hook looks for, at size %s',
    (size) => {
      const left = new Set(unwrittenOf(size).keys())
      const written = [...writesOf(withReplicas[size]).values()].flat()
      expect(written.filter(({ name }) => left.has(name))).toEqual([])
    },
  )

  it('take back on a replica what it has from its primary, although the platform has it by itself', () => {
    const writes = writesOf('replicas')
    const ofPrimary = Object.fromEntries(
      (writes.get('primary') ?? []).map(({ name, value }) => [name, value]),
    )
    const ofAnalytics = Object.fromEntries(
      (writes.get('three') ?? []).map(({ name, value }) => [name, value]),
    )
    for (const name of ['hot_standby_feedback', 'sync_replication_slots'])
      expect([parameters[name]?.platform, ofPrimary[name], ofAnalytics[name]]).toEqual(['off', 'on', 'off'])
  })

  it.each(['trial', 'standard', 'scale'] as const)(
    'begin with the switch of PgBouncer at size %s',
    (size) => {
      for (const [server, writes] of writesOf(withReplicas[size]))
        expect([server, writes[0]?.name]).toEqual([server, 'pgbouncer.enabled'])
    },
  )
})
