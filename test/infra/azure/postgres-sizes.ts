import { z } from 'zod'
import { readText } from './postgres-table.ts'

const values = z.record(z.string(), z.string())

const rules = z.strictObject({
  skuName: z.string(),
  tier: z.enum(['Burstable', 'GeneralPurpose', 'MemoryOptimized']),
  storageGb: z.int().positive(),
  autoGrow: z.boolean(),
  backupDays: z.int().min(7).max(35),
  highAvailability: z.enum(['Disabled', 'SameZone', 'ZoneRedundant']),
  pgbouncer: z.boolean(),
  poolSize: z.int().nonnegative(),
  maxClientConnections: z.int().nonnegative(),
  maxPreparedStatements: z.int().nonnegative(),
  configurations: values,
  replicaConfigurations: z.strictObject({ reads: values, analytics: values }),
})
export type Rules = z.infer<typeof rules>

const size = z.object({ postgres: rules, functions: z.object({ maximumInstances: z.int() }) })

const sizes = z.strictObject({ dev: size, trial: size, standard: size, scale: size })

export const SIZES = ['dev', 'trial', 'standard', 'scale'] as const
export type Size = (typeof SIZES)[number]

const parameter = z.strictObject({
  kind: z.enum(['dynamic', 'static', 'read-only']),
  /** "on,off", "0-1000" (may be negative), or '' for a text. */
  allowed: z.string(),
  platform: z.string(),
})

export async function readSizes(): Promise<z.infer<typeof sizes>> {
  return sizes.parse(JSON.parse(await readText('infra/sizes.json')))
}

/** What the platform says of the parameters that are set or that somebody may wish to set. */
export async function readParameters(): Promise<Record<string, z.infer<typeof parameter>>> {
  return z
    .record(z.string(), parameter)
    .parse(JSON.parse(await readText('infra/modules/postgres/parameters.json')))
}

/** What configurations.bicep sets from the other rules of a size. */
export function poolerSettings(size: Rules): Record<string, string> {
  if (!size.pgbouncer) return {}
  return {
    'pgbouncer.enabled': 'true',
    'pgbouncer.default_pool_size': String(size.poolSize),
    'pgbouncer.max_client_conn': String(size.maxClientConnections),
    'pgbouncer.max_prepared_statements': String(size.maxPreparedStatements),
  }
}

/** The platform's own value of some parameters, as their pages have it: it computes them once, for the first compute. */
export const COMPUTED = 'depends on the compute'

/** Whether configurations.bicep writes a setting of `configurations` or of the pooler: not what a new server has by itself. */
export const isWritten = (value: string, platform: string | undefined): boolean =>
  value !== platform && platform !== COMPUTED

const RANGE = /^(-?[\d.]+)-([\d.e+]+)$/

/** Whether the platform takes the value. */
export function isAllowed(value: string, allowed: string): boolean {
  if (allowed === '') return true
  const range = RANGE.exec(allowed)
  if (range === null) return allowed.split(',').includes(value)
  return value.trim() !== '' && Number(value) >= Number(range[1]) && Number(value) <= Number(range[2])
}
