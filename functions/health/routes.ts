import { z } from 'zod'
import { isTrickleError } from '../../shared/errors/index.ts'
import { defineRouteFor, reply } from '../../shared/http/index.ts'
import type { Route } from '../../shared/http/index.ts'
import { changedSettings, selectLoginSettings } from '../../shared/postgres/index.ts'
import type { ChangedSetting } from '../../shared/postgres/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { countMissing } from './database-behind.ts'
import { detailFor, detailSchema } from './operator-detail.ts'
import type { HealthServices } from './services.ts'

/** An answer is used for this long: probes of many front ends must not become load on the database. */
const CACHE_MS = 2_000

/** If the checks take longer than this, the answer is: not ready. */
const BUDGET_MS = 3_000

const define = defineRouteFor<TenantContext>()
/** Both sides of the product are asked whether they work. */
const common = { method: 'GET', tags: ['Health'], request: {}, runsOn: 'both' } as const

const checkSchema = z.enum(['ok', 'unavailable', 'behind', 'invalid', 'changed'])
const readySchema = z
  .object({
    status: z.enum(['ready', 'unavailable']),
    checks: z.object({
      configuration: checkSchema,
      database: checkSchema,
      migrations: checkSchema,
      logins: checkSchema,
    }),
    detail: detailSchema.optional().describe('For operators only.'),
  })
  .meta({ id: 'Readiness' })

type Readiness = z.output<typeof readySchema>

interface Examined {
  readonly answer: Readiness
  /** Null when they could not be read. */
  readonly settings: readonly ChangedSetting[] | null
}

export const healthRoutes = (services: () => HealthServices): Route<TenantContext>[] => [
  liveRoute(),
  readyRoute(services),
]

const liveRoute = () =>
  define({
    ...common,
    name: 'health-live',
    path: '/api/health/live',
    access: { kind: 'public' },
    summary: 'Whether the process answers',
    responses: {
      200: {
        description: 'It does',
        schema: z.object({ status: z.literal('live') }).meta({ id: 'Liveness' }),
      },
    },
    handler: () => reply(200, { json: { status: 'live' } }),
  })

const readyRoute = (services: () => HealthServices) => {
  let cached: { readonly examined: Examined; readonly untilMs: number } | undefined
  return define({
    ...common,
    name: 'health-ready',
    path: '/api/health/ready',
    access: { kind: 'publicOrOperator' },
    summary: 'Whether requests can be served',
    description:
      'Configuration, database, whether the database has the migrations and functions that this version needs, and whether its logins have the limits that they were given. An answer may be 2 seconds old. Operators see which settings of a login were changed, what stands still in the log and its subscriptions, and how many messages of queues are parked; none of these changes the status. Where Trickle runs as two apps, each answers for itself, and the background one alone has what operators see.',
    responses: {
      200: { description: 'They can', schema: readySchema },
      503: { description: 'They can not; `checks` says why', schema: readySchema },
    },
    async handler({ caller }) {
      if (cached === undefined || cached.untilMs < performance.now()) {
        cached = { examined: await examine(services), untilMs: performance.now() + CACHE_MS }
      }
      const { answer, settings } = cached.examined
      const isSeen = caller !== null && services().seesDetail
      const detail = isSeen ? { detail: await detailFor(services(), settings, BUDGET_MS) } : {}
      return reply(answer.status === 'ready' ? 200 : 503, {
        json: { ...answer, ...detail },
        headers: answer.status === 'ready' ? {} : { 'Retry-After': '2' },
      })
    },
  })
}

async function examine(services: () => HealthServices): Promise<Examined> {
  try {
    const { checkConfiguration, database } = services()
    checkConfiguration()
    const limits = {
      isRead: true,
      deadlineAtMs: Date.now() + BUDGET_MS,
      signal: AbortSignal.timeout(BUDGET_MS),
    }
    // The two queries must not depend on each other: a login may change some settings so that every query of a table
    // fails.
    const [missing, logins] = await Promise.allSettled([
      database.query(countMissing, limits),
      database.query(selectLoginSettings, limits),
    ])
    return judge(
      missing.status === 'fulfilled' ? (missing.value[0]?.missing ?? 1) : null,
      logins.status === 'fulfilled' ? changedSettings(logins.value) : null,
    )
  } catch (error) {
    return notReady(isTrickleError(error) && error.code === 'CONFIGURATION_INVALID' ? 'invalid' : 'ok')
  }
}

/** Null for what the database did not answer. */
function judge(missing: number | null, settings: readonly ChangedSetting[] | null): Examined {
  const isCurrent = missing === 0
  const checks = {
    configuration: 'ok',
    database: missing === null ? 'unavailable' : 'ok',
    migrations: missing === null ? 'unavailable' : isCurrent ? 'ok' : 'behind',
    logins: settings === null ? 'unavailable' : settings.length === 0 ? 'ok' : 'changed',
  } as const
  const isReady = isCurrent && settings?.length === 0
  return { answer: { status: isReady ? 'ready' : 'unavailable', checks }, settings }
}

function notReady(configuration: 'ok' | 'invalid'): Examined {
  const { answer, settings } = judge(null, null)
  return { answer: { ...answer, checks: { ...answer.checks, configuration } }, settings }
}
