/** Health: whether the process answers, and whether it can do its work. No host name ever leaves by these routes. */
import { z } from 'zod'
import { isTrickleError } from '../../shared/errors/index.ts'
import { defineRouteFor, reply, type Route } from '../../shared/http/index.ts'
import { requiredMigrationLevel } from '../../shared/postgres/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { detailFor, detailSchema, type HealthServices } from './operator-detail.ts'

/** An answer is good for this long: probes of many front ends must not become load on the database. */
const CACHE_MS = 2_000

/** A probe that waits longer than this has its answer: not ready. */
const BUDGET_MS = 3_000

const define = defineRouteFor<TenantContext>()
const common = { method: 'GET', tags: ['Health'], request: {} } as const

const liveRoute = () =>
  define({
    ...common,
    name: 'health-live',
    path: '/api/health/live',
    access: { kind: 'public' },
    summary: 'Whether the process answers',
    responses: { 200: { description: 'It does', schema: z.object({ status: z.literal('live') }) } },
    handler: () => reply(200, { json: { status: 'live' } }),
  })

const checkSchema = z.enum(['ok', 'unavailable', 'behind', 'invalid'])
const readySchema = z
  .object({
    status: z.enum(['ready', 'unavailable']),
    checks: z.object({ configuration: checkSchema, database: checkSchema, migrations: checkSchema }),
    detail: detailSchema.optional().describe('For operators only.'),
  })
  .meta({ id: 'Readiness' })

type Readiness = z.output<typeof readySchema>

const readyRoute = (services: () => HealthServices) => {
  let cached: { readonly answer: Readiness; readonly untilMs: number } | undefined
  return define({
    ...common,
    name: 'health-ready',
    path: '/api/health/ready',
    access: { kind: 'publicOrOperator' },
    summary: 'Whether requests can be served',
    description:
      'Configuration, database, and whether the database has the migrations that this version needs. An answer may be 2 seconds old. Operators see what stands still in the log and its subscriptions as well; that does not change the status.',
    responses: {
      200: { description: 'They can', schema: readySchema },
      503: { description: 'They can not; `checks` says why', schema: readySchema },
    },
    async handler({ caller }) {
      if (cached === undefined || cached.untilMs < performance.now()) {
        cached = { answer: await examine(services), untilMs: performance.now() + CACHE_MS }
      }
      const { answer } = cached
      const detail = caller === null ? {} : { detail: await detailFor(services(), BUDGET_MS) }
      return reply(answer.status === 'ready' ? 200 : 503, {
        json: { ...answer, ...detail },
        headers: answer.status === 'ready' ? {} : { 'Retry-After': '2' },
      })
    },
  })
}

async function examine(services: () => HealthServices): Promise<Readiness> {
  const unknown = { configuration: 'ok', database: 'unavailable', migrations: 'unavailable' } as const
  try {
    const { app, settings, tokens } = services()
    if (settings === undefined || tokens === undefined) return { status: 'unavailable', checks: unknown }
    const [row] = await app.query(migrationLevel, {
      isRead: true,
      deadlineAtMs: Date.now() + BUDGET_MS,
      signal: AbortSignal.timeout(BUDGET_MS),
    })
    const isCurrent = Number(row?.[0] ?? 0) >= requiredMigrationLevel
    return {
      status: isCurrent ? 'ready' : 'unavailable',
      checks: { configuration: 'ok', database: 'ok', migrations: isCurrent ? 'ok' : 'behind' },
    }
  } catch (error) {
    const isConfiguration = isTrickleError(error) && error.code === 'CONFIGURATION_INVALID'
    return {
      status: 'unavailable',
      checks: { ...unknown, configuration: isConfiguration ? 'invalid' : 'ok' },
    }
  }
}

const migrationLevel = {
  name: 'migration_level',
  text: 'select coalesce(max(c.level), 0) from trickle_platform_migrations.checksums c',
  values: [],
}

export const healthRoutes = (services: () => HealthServices): Route<TenantContext>[] => [
  liveRoute(),
  readyRoute(services),
]
