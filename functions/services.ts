/**
 * What the triggers work with, made when it is first asked for: a function app loads every function at its start, and
 * a cold start that answers a health check should open no pool. The only place where capabilities are put together.
 */
import { AnalyticsForwarder, type KustoSender } from '../shared/adx/index.ts'
import { createTokenVerifier, type TokenVerifier } from '../shared/auth/index.ts'
import { currentSettings, type Settings } from '../shared/config/index.ts'
import { TrickleError } from '../shared/errors/index.ts'
import {
  CurrentEpoch,
  EventImporter,
  LogOperations,
  PostgresEventStore,
  SealKeyOperations,
  SealKeys,
  type EventStore,
} from '../shared/event-store/index.ts'
import { Database, poolLimits } from '../shared/postgres/index.ts'
import { SubscriptionOperations } from '../shared/subscriptions/index.ts'
import { TenantDirectory, TenantRegistry } from '../shared/tenancy/index.ts'

export interface Services {
  readonly settings: Settings
  readonly tokens: TokenVerifier
  readonly app: Database
  readonly forwarderDatabase: Database
  readonly operatorDatabase: Database
  readonly tenants: TenantDirectory
  readonly registry: TenantRegistry
  readonly events: EventStore
  /** What consistency tokens of reads are held against. */
  readonly currentEpoch: CurrentEpoch
  /** What tokens are sealed and opened with. */
  readonly sealKeys: SealKeys
  readonly importer: EventImporter
  readonly operatorImporter: EventImporter
  readonly logOperations: LogOperations
  readonly sealKeyOperations: SealKeyOperations
  readonly subscriptionOperations: Pick<SubscriptionOperations, keyof SubscriptionOperations>
  /** @throws TrickleError CONFIGURATION_INVALID when no analytics service is configured. */
  readonly forwarder: AnalyticsForwarder
  readonly forwardsToAnalytics: boolean
  /** Closes what was opened; for the end of the process. */
  close(): Promise<void>
}

const HTTP_POOL = {
  connectionsMax: poolLimits.httpConnectionsMax,
  queryTimeoutMs: poolLimits.queryTimeoutMs,
} as const
const BACKGROUND_POOL = {
  connectionsMax: poolLimits.backgroundConnectionsMax,
  queryTimeoutMs: poolLimits.backgroundQueryTimeoutMs,
} as const

/** Makes each member once, at its first use. */
export function createServices(report: (message: string) => void): Services {
  const opened: Database[] = []
  const settings = lazy(currentSettings)
  const open = (
    role: 'APP' | 'FORWARDER' | 'OPERATOR',
    sizes: { connectionsMax: number; queryTimeoutMs: number },
  ): Database => {
    const database = new Database({
      ...sizes,
      url: settings()[`TRICKLE_POSTGRES_${role}_URL`],
      clientId: settings()[`TRICKLE_POSTGRES_${role}_CLIENT_ID`],
      statements: settings().TRICKLE_POSTGRES_STATEMENTS,
      onIdleError: (error) => report(`An idle connection of ${role.toLowerCase()} ended: ${error.message}`),
    })
    opened.push(database)
    return database
  }
  const app = lazy(() => open('APP', HTTP_POOL))
  const forwarderDatabase = lazy(() => open('FORWARDER', BACKGROUND_POOL))
  const operatorDatabase = lazy(() => open('OPERATOR', BACKGROUND_POOL))
  const tokens = lazy(() => tokenVerifier(settings()))
  const sealKeys = lazy(() => new SealKeys(app()))
  const tenants = lazy(
    () => new TenantDirectory(app(), settings().TRICKLE_AUTH_TENANT_KEY, sealKeys().companion),
  )
  const registry = lazy(() => new TenantRegistry(operatorDatabase()))
  const events = lazy(() => new PostgresEventStore(app(), { sealKeys: sealKeys() }))
  const currentEpoch = lazy(() => new CurrentEpoch(app()))
  const importer = lazy(() => new EventImporter(app(), false))
  const operatorImporter = lazy(() => new EventImporter(operatorDatabase(), true))
  const logOperations = lazy(() => new LogOperations(operatorDatabase()))
  const sealKeyOperations = lazy(() => new SealKeyOperations(operatorDatabase()))
  const subscriptionOperations = lazy(() => new SubscriptionOperations(operatorDatabase()))
  const forwarder = lazy(() => analyticsForwarder(settings(), forwarderDatabase()))
  return {
    get settings() {
      return settings()
    },
    get tokens() {
      return tokens()
    },
    get app() {
      return app()
    },
    get forwarderDatabase() {
      return forwarderDatabase()
    },
    get operatorDatabase() {
      return operatorDatabase()
    },
    get tenants() {
      return tenants()
    },
    get registry() {
      return registry()
    },
    get events() {
      return events()
    },
    get currentEpoch() {
      return currentEpoch()
    },
    get sealKeys() {
      return sealKeys()
    },
    get importer() {
      return importer()
    },
    get operatorImporter() {
      return operatorImporter()
    },
    get logOperations() {
      return logOperations()
    },
    get sealKeyOperations() {
      return sealKeyOperations()
    },
    get subscriptionOperations() {
      return subscriptionOperations()
    },
    get forwarder() {
      return forwarder()
    },
    get forwardsToAnalytics() {
      return settings().TRICKLE_ANALYTICS_URL !== undefined
    },
    async close() {
      await Promise.allSettled(opened.map((database) => database.end()))
    },
  }
}

/** Remembers what `make` returned; a throw is not remembered, so a setting can be mended without a restart in tests. */
function lazy<T extends object>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}

function tokenVerifier(settings: Settings): TokenVerifier {
  return createTokenVerifier({
    issuer: settings.TRICKLE_AUTH_ISSUER,
    audience: settings.TRICKLE_AUTH_AUDIENCE,
    ...(settings.TRICKLE_AUTH_JWKS_URL === undefined ? {} : { jwksUrl: settings.TRICKLE_AUTH_JWKS_URL }),
    tenantClaim: settings.TRICKLE_AUTH_TENANT_CLAIM,
    rolesClaim: settings.TRICKLE_AUTH_ROLES_CLAIM,
    allowInsecure: settings.TRICKLE_ENVIRONMENT === 'local',
  })
}

function analyticsForwarder(settings: Settings, database: Database): AnalyticsForwarder {
  const url = settings.TRICKLE_ANALYTICS_URL
  if (url === undefined) {
    throw new TrickleError(
      'CONFIGURATION_INVALID',
      'TRICKLE_ANALYTICS_URL is not set, so nothing can be forwarded.',
    )
  }
  const name = settings.TRICKLE_ANALYTICS_DATABASE
  const isLocal = settings.TRICKLE_ENVIRONMENT === 'local'
  let made: KustoSender | undefined
  const sender = async (): Promise<KustoSender> => {
    const { createKustoSender } = await import('../shared/adx/kusto.chunk.ts')
    made ??= createKustoSender(url, name, settings.TRICKLE_ANALYTICS_CLIENT_ID, isLocal)
    return made
  }
  return new AnalyticsForwarder(database, name, sender)
}
