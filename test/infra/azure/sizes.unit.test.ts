import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { monthlyCostSchema } from '../../../infra/hooks/cost/index.ts'
import { instanceLimits, poolLimits } from '../../../shared/postgres/index.ts'
import { jsonOfFile } from './support.ts'

const parameters = z.record(z.string().regex(/^[a-z_.]+$/), z.string())

const postgresSchema = z.strictObject({
  skuName: z.string().regex(/^Standard_[BDE]/),
  tier: z.enum(['Burstable', 'GeneralPurpose', 'MemoryOptimized']),
  // Sizes that the service sells; others are refused.
  storageGb: z.literal([32, 64, 128, 256, 512, 1_024, 2_048, 4_096]),
  autoGrow: z.boolean(),
  backupDays: z.int().min(7).max(35),
  highAvailability: z.enum(['Disabled', 'SameZone', 'ZoneRedundant']),
  pgbouncer: z.boolean(),
  poolSize: z.int().min(0).max(4_950),
  maxClientConnections: z.int().min(0).max(50_000),
  maxPreparedStatements: z.int().min(0).max(5_000),
  configurations: parameters,
  replicaConfigurations: z.strictObject({ reads: parameters, analytics: parameters }),
})

const sizeSchema = z.strictObject({
  postgres: postgresSchema,
  replicas: z.array(z.strictObject({ name: z.string(), purpose: z.enum(['reads', 'analytics']) })).max(5),
  functions: z.strictObject({
    // What Flex Consumption has.
    instanceMemoryMb: z.literal([512, 2_048, 4_096]),
    maximumInstances: z.int().min(40).max(1_000),
    // 40 is the least that Flex Consumption takes, and more than the background app needs.
    backgroundInstances: z.literal(40),
    alwaysReadyHttp: z.int().min(0),
    httpPerInstanceConcurrency: z.int().min(1).max(1_000),
    rollingUpdate: z.boolean(),
    zoneRedundant: z.boolean(),
  }),
  serviceBus: z.strictObject({
    tier: z.enum(['Standard', 'Premium']),
    capacity: z.literal([1, 2, 4, 8, 16]),
  }),
  storage: z.strictObject({ sku: z.enum(['Standard_LRS', 'Standard_ZRS', 'Standard_GZRS']) }),
  // Application Insights keeps data at no cost for 90 days; the service takes 30 to 730.
  monitoring: z.strictObject({ retentionDays: z.int().min(30).max(730), dailyQuotaGb: z.number() }),
  analytics: z.strictObject({
    mode: z.enum(['off', 'new']),
    skuName: z.string().min(1),
    tier: z.enum(['Basic', 'Standard']),
    capacity: z.int().min(1),
    autoStop: z.boolean(),
    hotCacheDays: z.int().min(1),
    softDeleteDays: z.int().min(1),
  }),
  cache: z.strictObject({ skuName: z.string().startsWith('Balanced_B'), highAvailability: z.boolean() }),
  monthlyCost: monthlyCostSchema.strict(),
})

const sizesSchema = z.strictObject({
  dev: sizeSchema,
  trial: sizeSchema,
  standard: sizeSchema,
  scale: sizeSchema,
})
type Size = z.output<typeof sizeSchema>

const all: [string, Size][] = Object.entries(sizesSchema.parse(jsonOfFile('infra/sizes.json')))

/** Login roles that hold pooled connections: trickle_app, trickle_worker, trickle_forwarder, trickle_operator. */
const LOGIN_ROLES = 4

/** For migrations, replication and administrators, who come by 5432 beside the pooler. */
const DIRECT_CONNECTIONS = 50

describe.each(all)('size %s', (name, size) => {
  const { postgres, functions, serviceBus, storage, analytics } = size

  it('has nothing that Burstable servers lack, and says where it has all the rest', () => {
    const isBurstable = postgres.tier === 'Burstable'
    expect(isBurstable).toBe(name === 'dev')
    expect(postgres.skuName).toMatch(
      { Burstable: /^Standard_B/, GeneralPurpose: /^Standard_D/, MemoryOptimized: /^Standard_E/ }[
        postgres.tier
      ],
    )
    expect(postgres.pgbouncer).toBe(!isBurstable)
    expect(isBurstable && postgres.highAvailability !== 'Disabled').toBe(false)
    const ofReplicas = Object.values(postgres.replicaConfigurations).flatMap((values) => Object.keys(values))
    expect(ofReplicas.length > 0).toBe(!isBurstable)
  })

  it('gives the pooler fewer server connections than the server has', () => {
    const connectionsMax = Number(postgres.configurations['max_connections'])
    const pooled = postgres.pgbouncer ? postgres.poolSize * LOGIN_ROLES : 0
    expect(connectionsMax).toBeGreaterThan(pooled + DIRECT_CONNECTIONS)
    // Without a pooler every instance holds its own: the forecast of what dev may scale to.
    expect(postgres.pgbouncer || functions.alwaysReadyHttp === 0).toBe(true)
    expect(postgres.pgbouncer ? postgres.maxPreparedStatements : 1).toBeGreaterThan(0)
  })

  it('lets every instance of both apps connect', () => {
    const ofPublic = functions.maximumInstances * poolLimits.httpConnectionsMax
    // Each timer has instances of its own, so one opens the pool of the worker or of the forwarder, beside the operator's.
    const ofBackground = functions.backgroundInstances * 2 * poolLimits.backgroundConnectionsMax
    const limit = postgres.pgbouncer
      ? postgres.maxClientConnections
      : Number(postgres.configurations['max_connections'])
    expect(ofPublic + ofBackground).toBeLessThanOrEqual(limit)
  })

  it('gives an instance the requests that pool and permits are made for', () => {
    expect(functions.httpPerInstanceConcurrency).toBe(instanceLimits.httpConcurrency)
  })

  it('stays in several zones only where everything in it does', () => {
    const isInZones = functions.zoneRedundant
    expect(!isInZones || storage.sku.endsWith('ZRS')).toBe(true)
    expect(!isInZones || postgres.highAvailability === 'ZoneRedundant').toBe(true)
  })

  it('asks of Data Explorer what its tier has', () => {
    expect(analytics.tier === 'Basic').toBe(analytics.skuName.startsWith('Dev(No SLA)_'))
    // Basic is one node without a promise; Standard begins with two.
    expect(analytics.tier === 'Basic' ? analytics.capacity === 1 : analytics.capacity >= 2).toBe(true)
    expect(analytics.hotCacheDays).toBeLessThanOrEqual(analytics.softDeleteDays)
    // A cluster that stops itself delays what is sent; only where nobody waits for it.
    expect(analytics.autoStop).toBe(['dev', 'trial'].includes(name))
  })

  it('has a tier of Service Bus with sessions', () => {
    expect(['Standard', 'Premium']).toContain(serviceBus.tier)
    // Only Premium is bought by the unit.
    expect(serviceBus.tier === 'Premium' || serviceBus.capacity === 1).toBe(true)
  })
})

describe('trial', () => {
  const { dev, trial, standard } = sizesSchema.parse(jsonOfFile('infra/sizes.json'))

  it('has a replica and Data Explorer by itself, as no other size has', () => {
    const having = all.filter(
      ([, { replicas, analytics }]) => replicas.length > 0 || analytics.mode === 'new',
    )
    expect(having.map(([name]) => name)).toEqual(['trial'])
    expect(trial.replicas).toEqual([{ name: 'reads', purpose: 'reads' }])
  })

  it('has the smallest server with a pooler: two cores, the least disk, the backups of dev, no standby', () => {
    expect(trial.postgres).toMatchObject({
      skuName: 'Standard_D2ds_v5',
      tier: 'GeneralPurpose',
      pgbouncer: true,
      storageGb: dev.postgres.storageGb,
      backupDays: dev.postgres.backupDays,
      highAvailability: 'Disabled',
    })
  })

  it('costs nothing beside the servers that dev does not cost', () => {
    const { postgresServer: _, ...ofTrial } = trial.monthlyCost
    const { postgresServer: __, ...ofDev } = dev.monthlyCost
    expect(ofTrial).toEqual(ofDev)
    for (const part of ['functions', 'serviceBus', 'storage', 'monitoring', 'cache'] as const)
      expect([part, trial[part]]).toEqual([part, dev[part]])
    const { mode: ___, ...cluster } = trial.analytics
    expect(dev.analytics).toMatchObject(cluster)
  })

  it('sets its server as standard does, but for what follows from the compute: a trial shows the same product', () => {
    const differing = Object.keys(standard.postgres.configurations).filter(
      (name) => trial.postgres.configurations[name] !== standard.postgres.configurations[name],
    )
    expect(differing.toSorted()).toEqual([
      'effective_cache_size',
      'maintenance_work_mem',
      'max_connections',
      'shared_buffers',
    ])
    expect(trial.postgres.replicaConfigurations).toEqual(standard.postgres.replicaConfigurations)
  })
})

it('costs more from size to size', () => {
  const costs = all.filter(([name]) => name !== 'trial').map(([, { monthlyCost }]) => monthlyCost)
  const parts = [
    'postgresServer',
    'postgresStorage',
    'functions',
    'monitoring',
    'analyticsNode',
    'cache',
  ] as const
  for (const part of parts) {
    const figures = costs.map((cost) => cost[part])
    expect(figures).toEqual(figures.toSorted((a, b) => a - b))
    expect(new Set(figures).size).toBe(figures.length)
  }
})
