import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { HookFailure } from '../frame/failure.ts'

/** Dollars by the month, round. */
const usd = z.number().nonnegative()

/** What one piece costs by the month; the estimate counts the pieces. */
export const monthlyCostSchema = z.object({
  /** Month in which the figures were looked up. */
  asOf: z.string().regex(/^\d{4}-\d{2}$/, 'must be a month, such as 2026-11'),
  /** "estimate", or where they were looked up. */
  source: z.string().min(1),
  /** Compute of one server, or of one worker of an elastic cluster. */
  postgresServer: usd,
  /** Storage of one server; a standby, a replica and each worker have their own. */
  postgresStorage: usd,
  geoRedundantBackup: usd,
  /** Instances that are always ready, and light traffic. */
  functions: usd,
  serviceBusStandard: usd,
  /** One messaging unit. */
  serviceBusPremium: usd,
  storageAccount: usd,
  monitoring: usd,
  /** One node that runs day and night. */
  analyticsNode: usd,
  cache: usd,
  /** One endpoint. */
  privateEndpoint: usd,
  keyVaultKey: usd,
})

/** The part of a size that decides what it costs; the template reads the rest. */
const sizeSchema = z.object({
  postgres: z.object({
    skuName: z.string().min(1),
    tier: z.enum(['Burstable', 'GeneralPurpose', 'MemoryOptimized']),
    highAvailability: z.enum(['Disabled', 'SameZone', 'ZoneRedundant']),
  }),
  /** Those that a server of the size has where none are named. */
  replicas: z.array(z.strictObject({ name: z.string().min(1), purpose: z.enum(['reads', 'analytics']) })),
  serviceBus: z.object({ tier: z.enum(['Standard', 'Premium']), capacity: z.number().int().positive() }),
  analytics: z.object({
    /** What TRICKLE_ANALYTICS=bySize means. */
    mode: z.enum(['off', 'new']),
    skuName: z.string().min(1),
    tier: z.enum(['Basic', 'Standard']),
    capacity: z.number().int().positive(),
    autoStop: z.boolean(),
  }),
  cache: z.object({ skuName: z.string().min(1) }),
  monthlyCost: monthlyCostSchema,
})

const sizesSchema = z.object({ dev: sizeSchema, trial: sizeSchema, standard: sizeSchema, scale: sizeSchema })

export type Size = z.output<typeof sizeSchema>
export type Sizes = z.output<typeof sizesSchema>

export const sizesFile = new URL('../../sizes.json', import.meta.url)

/**
 * Reads infra/sizes.json, which Bicep reads too.
 * @throws HookFailure SIZES_INVALID
 */
export async function readSizes(file: URL = sizesFile): Promise<Sizes> {
  const where = fileURLToPath(file)
  try {
    const parsed = sizesSchema.safeParse(JSON.parse(await readFile(file, 'utf8')))
    if (parsed.success) return parsed.data
    const issues = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
    throw invalid(where, issues.join('; '))
  } catch (error) {
    if (error instanceof HookFailure) throw error
    throw invalid(where, error instanceof Error ? error.message : String(error), error)
  }
}

const invalid = (where: string, detail: string, cause?: unknown): HookFailure =>
  new HookFailure({
    code: 'SIZES_INVALID',
    what: `The sizes can't be read: ${detail}.`,
    where,
    mend: `Restore the file: git checkout -- ${where}`,
    cause,
  })
