/** Health: whether the process answers, and whether it can do its work. No host name ever leaves by these routes. */
import { z } from 'zod'
import { isTrickleError } from '../../shared/errors/index.ts'
import { defineRouteFor, reply, type Route } from '../../shared/http/index.ts'
import { requiredMigrationLevel } from '../../shared/postgres/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import type { Services } from '../services.ts'

/** An answer is good for this long: probes of many front ends must not become load on the database. */
const CACHE_MS = 2_000

/** A probe that waits longer than this has its answer: not ready. */
const BUDGET_MS = 3_000

const define = defineRouteFor<TenantContext>()
const common = { method: 'GET', tags: ['Health'], access: { kind: 'public' }, request: {} } as const

const liveRoute = () =>
  define({
    ...common,
    name: 'health-live',
    path: '/api/health/live',
    summary: 'Whether the process answers',
    responses: { 200: { description: 'It does', schema: z.object({ status: z.literal('live') }) } },
    handler: () => reply(200, { json: { status: 'live' } }),
  })

const checkSchema = z.enum(['ok', 'unavailable', 'behind', 'invalid'])
const readySchema = z
  .object({
    status: z.enum(['ready', 'unavailable']),
    checks: z.object({ configuration: checkSchema, database: checkSchema, migrations: checkSchema }),
  })
  .meta({ id: 'Readiness' })

type Readiness = z.output<typeof readySchema>

const readyRoute = (services: () => Services) => {
  let cached: { readonly answer: Readiness; readonly untilMs: number } | undefined
  return define({
    ...common,
    name: 'health-ready',
    path: '/api/health/ready',
    summary: 'Whether requests can be served',
    description:
      'Configuration, database, and whether the database has the migrations that this version needs. An answer may be 2 seconds old.',
    responses: {
      200: { description: 'They can', schema: readySchema },
      503: { description: 'They can not; `checks` says why', schema: readySchema },
    },
    async handler() {
      if (cached === undefined || cached.untilMs < performance.now()) {
        cached = { answer: await examine(services), untilMs: performance.now() + CACHE_MS }
      }
      const { answer } = cached
      return reply(answer.status === 'ready' ? 200 : 503, {
        json: answer,
        headers: answer.status === 'ready' ? {} : { 'Retry-After': '2' },
      })
    },
  })
}

async function examine(services: () => Services): Promise<Readiness> {
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

export const healthRoutes = (services: () => Services): Route<TenantContext>[] => [
  liveRoute(),
  readyRoute(services),
]
