import { beforeAll, describe, expect, it } from 'vitest'
import { poolLimits } from '../../../shared/postgres/settings.ts'
import { readSizes, SIZES } from './postgres-sizes.ts'
import type { Rules } from './postgres-sizes.ts'
import { readText } from './postgres-table.ts'

/** reserved_connections and superuser_reserved_connections of the platform: replication and monitoring. */
const KEPT_BY_THE_PLATFORM = 15
/** For migrations, administrators, tools and replication on 5432, which no pooler bounds. */
const KEPT_FOR_DIRECT_USE = 35

let sizes: Awaited<ReturnType<typeof readSizes>>
let loginRoles: number
beforeAll(async () => {
  sizes = await readSizes()
  // Roles that the app logs in with are the ones whose statements are limited; owner, writer and migrator are not pooled.
  const roles = await readText('database/roles.sql')
  loginRoles = new Set([...roles.matchAll(/alter role (\w+) set statement_timeout/g)].map(([, role]) => role))
    .size
})

// Each timer has instances of its own, so one opens the pool of the worker or of the forwarder, beside the operator's.
const PER_INSTANCE = poolLimits.httpConnectionsMax + 2 * poolLimits.backgroundConnectionsMax
const maxConnections = (rules: Rules): number => Number(rules.configurations['max_connections'])
const instancesAt = (size: (typeof SIZES)[number]): number => sizes[size].functions.maximumInstances

describe('connections', () => {
  it('counts four login roles behind the pooler', () => {
    expect(loginRoles).toBe(4)
  })

  it.each(SIZES)('stay below what the server takes at size %s, however many instances there are', (size) => {
    const rules = sizes[size].postgres
    const ofTheApp = rules.pgbouncer ? rules.poolSize * loginRoles : instancesAt(size) * PER_INSTANCE
    expect(ofTheApp).toBeGreaterThan(0)
    expect(ofTheApp + KEPT_FOR_DIRECT_USE + KEPT_BY_THE_PLATFORM).toBeLessThan(maxConnections(rules))
  })

  it.each(SIZES)('of all instances are let into the pooler at size %s', (size) => {
    const rules = sizes[size].postgres
    const admitted = rules.pgbouncer ? rules.maxClientConnections : Number.POSITIVE_INFINITY
    expect(instancesAt(size) * PER_INSTANCE).toBeLessThanOrEqual(admitted)
  })
})

describe('a burstable server', () => {
  it('is what dev has, and nobody else', () => {
    expect(SIZES.filter((size) => sizes[size].postgres.tier === 'Burstable')).toEqual(['dev'])
  })

  it('has no pooler, no standby and nothing for replicas', () => {
    const rules = sizes.dev.postgres
    expect(rules.pgbouncer).toBe(false)
    expect(rules.highAvailability).toBe('Disabled')
    expect([rules.poolSize, rules.maxClientConnections, rules.maxPreparedStatements]).toEqual([0, 0, 0])
    expect(rules.replicaConfigurations).toEqual({ reads: {}, analytics: {} })
    expect(Object.keys(rules.configurations).filter((name) => /pgbouncer|standby|slot/.test(name))).toEqual(
      [],
    )
  })
})

describe.each(SIZES.filter((size) => size !== 'dev'))('size %s', (size) => {
  it('pools with prepared statements', () => {
    const rules = sizes[size].postgres
    expect(rules.pgbouncer).toBe(true)
    expect(rules.maxPreparedStatements).toBeGreaterThan(0)
    expect(rules.configurations['pgbouncer.pool_mode']).toBe('transaction')
  })

  it('has room for a standby, five replicas and logical slots', () => {
    const { configurations } = sizes[size].postgres
    const physical = 4 + 5
    expect(Number(configurations['max_replication_slots'])).toBeGreaterThan(physical)
    expect(Number(configurations['max_wal_senders'])).toBeGreaterThan(physical)
    expect(Number(configurations['max_worker_processes'])).toBeGreaterThanOrEqual(16)
  })

  it('keeps logical slots through a failover: all three settings or none', () => {
    const { configurations, replicaConfigurations } = sizes[size].postgres
    expect(configurations).toMatchObject({
      wal_level: 'logical',
      sync_replication_slots: 'on',
      hot_standby_feedback: 'on',
    })
    // A server that does not report what it reads can not keep copies of slots.
    const analytics = replicaConfigurations.analytics
    expect(analytics['sync_replication_slots']).toBe(analytics['hot_standby_feedback'])
  })
})
