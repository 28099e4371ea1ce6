/**
 * What all contexts stand on: settings, tokens, the databases by their logins, the event store with the keys of its tokens,
 * the tenants that callers name, and the clock. Each is made when it is first asked for: a cold start that answers a
 * health check opens no pool. A context makes its own services of these.
 */
import { createTokenVerifier, ROLES } from '../shared/auth/index.ts'
import type { TokenVerifier } from '../shared/auth/index.ts'
import type { Settings } from '../shared/config/index.ts'
import { madeOnce } from '../shared/context/index.ts'
import type { Command, QueueSettings } from '../shared/context/index.ts'
import { DomainWrites, PostgresEventStore, SealKeys } from '../shared/event-store/index.ts'
import type { EventStore } from '../shared/event-store/index.ts'
import type { Database, Reachability } from '../shared/postgres/index.ts'
import { noNudges } from '../shared/nudges/index.ts'
import type { Nudges } from '../shared/nudges/index.ts'
import { TenantDirectory } from '../shared/tenancy/index.ts'
import type { TenantContext, TenantKey } from '../shared/tenancy/index.ts'
import { systemClock } from '../shared/time/index.ts'
import type { Clock } from '../shared/time/index.ts'
import { openDatabase } from './login-pools.ts'
import type { LoginName } from './login-pools.ts'
import { nudgesOf, openConnections } from './service-bus.ts'
import type { Connections } from './service-bus.ts'

export interface Platform {
  readonly settings: Settings
  readonly tokens: TokenVerifier
  readonly databases: Databases
  readonly events: EventStore
  /** Changes of a context's tables together with their events (docs/domain-writes.md). */
  readonly writes: DomainWrites
  /** What tokens of the log are sealed and opened with. */
  readonly sealKeys: SealKeys
  /** The queues that this version has, by name. */
  readonly queues: Readonly<Record<string, PlatformQueue>>
  /** Wakes forwarding and subscriptions after what was committed. */
  readonly nudges: Nudges
  /** Connections to Service Bus; `isSet` says whether there is one. */
  readonly serviceBus: Connections
  /** The directory that reads names as ids, slugs, external ids, or any of them. */
  readonly tenantsBy: (key: TenantKey) => TenantDirectory
  /**
   * `events` for queues, timers and subscriptions: by the login of the worker, whose pool at the pooler is their ceiling
   * however many instances there are. In the public app it throws CONFIGURATION_INVALID, as `events` does in the
   * background; the same goes for the two below.
   */
  readonly workerEvents: EventStore
  /** `writes` for them. A context's tables need rights for `trickle_worker` then. */
  readonly workerWrites: DomainWrites
  /** `tenantsBy` for them. */
  readonly workerTenantsBy: (key: TenantKey) => TenantDirectory
  /** Whether the server of each login that was opened here could be reached when it was last asked. */
  readonly reachability: () => LoginReachability[]
  /** The commands of all contexts, for the queue that they come by. */
  readonly commands: readonly Command<TenantContext>[]
  readonly clock: Clock
  /** Closes what was opened; for the end of the process. */
  readonly close: () => Promise<void>
}

/**
 * One pool for each login, and each login may do no more than its work needs. Asking for a login that this app does not
 * have throws CONFIGURATION_INVALID: code in a handler of the public app reaches that of tenants alone.
 */
export interface Databases {
  /** Requests of tenants: bound to one tenant at a time. */
  readonly app: Database
  /**
   * Queues, subscriptions and projections: reads the log across tenants and moves checkpoints, and appends and writes
   * tables of contexts bound to one tenant at a time.
   */
  readonly worker: Database
  /** Forwarding to Azure Data Explorer: reads the log across tenants, and keeps batches. */
  readonly forwarder: Database
  /** Administration across tenants. */
  readonly operator: Database
  /** The login under which the subscriptions of contexts work: the worker's. */
  readonly subscriptions: Database
  /** A login that this app has in any case, for readiness: that of tenants or, in the background, the operator's. */
  readonly probe: Database
}

/** `login` as in the names of roles, without `trickle_`. */
export interface LoginReachability extends Reachability {
  readonly login: string
}

/** A queue, as who mends its messages needs to know it. */
export interface PlatformQueue extends QueueSettings {
  /** Its messages are envelopes or CloudEvents. Those of other queues have the forms of their contexts. */
  readonly takesEnvelopes: boolean
}

export interface PlatformOptions {
  /**
   * Called when a setting is first asked for. Its error is thrown to the caller who asks, and the next one calls it
   * again.
   */
  readonly readSettings: () => Settings
  /** As for settings: called when a queue is first asked for. */
  readonly readQueues: () => Readonly<Record<string, PlatformQueue>>
  /** The subscriptions of the product, which nudges wake. */
  readonly subscriptionNames: () => readonly string[]
  /** Gets what goes wrong while nobody waits for an answer. */
  readonly report: (message: string) => void
  /** The commands of the contexts that stand on it. Default: none. */
  readonly commands?: () => readonly Command<TenantContext>[]
}

export function createPlatform({
  readSettings,
  readQueues,
  subscriptionNames,
  report,
  commands,
}: PlatformOptions): Platform {
  const opened = new Map<LoginName, Database>()
  const open = (login: LoginName): Database => {
    const database = openDatabase(platform.settings, login, report)
    opened.set(login, database)
    return database
  }
  const bus = openConnections(() => platform.settings)
  const databases: Databases = madeOnce({
    app: () => open('APP'),
    worker: () => open('WORKER'),
    forwarder: () => open('FORWARDER'),
    operator: () => open('OPERATOR'),
    subscriptions: () => databases.worker,
    probe: () => (platform.settings.TRICKLE_SIDE === 'background' ? databases.operator : databases.app),
  })
  const workerParts = madeOnce({ sealKeys: () => new SealKeys(databases.worker) })
  const tenantsBy = directories((key) => new TenantDirectory(databases.app, key, platform.sealKeys.companion))
  const workerTenantsBy = directories(
    (key) => new TenantDirectory(databases.worker, key, workerParts.sealKeys.companion),
  )
  const storeOn = (database: Database, sealKeys: SealKeys): EventStore =>
    new PostgresEventStore(database, { sealKeys, onAppended: platform.nudges.wake })
  let nudges: Nudges = noNudges
  const openNudges = (): Nudges => {
    nudges = nudgesOf(platform, subscriptionNames(), report)
    return nudges
  }
  const close = async (): Promise<void> => {
    await nudges.close()
    await Promise.allSettled([...[...opened.values()].map((database) => database.end()), bus.close()])
  }
  const platform: Platform = madeOnce({
    settings: readSettings,
    tokens: () => tokenVerifier(platform.settings),
    databases: () => databases,
    events: () => storeOn(databases.app, platform.sealKeys),
    writes: () => new DomainWrites(databases.app, platform.sealKeys, platform.nudges.wake),
    nudges: openNudges,
    sealKeys: () => new SealKeys(databases.app),
    queues: readQueues,
    serviceBus: () => bus.connections,
    tenantsBy: () => tenantsBy,
    workerEvents: () => storeOn(databases.worker, workerParts.sealKeys),
    workerWrites: () => new DomainWrites(databases.worker, workerParts.sealKeys, platform.nudges.wake),
    workerTenantsBy: () => workerTenantsBy,
    reachability: () => () =>
      [...opened].map(([login, database]) => ({ login: login.toLowerCase(), ...database.reachability })),
    commands: () => commands?.() ?? [],
    clock: () => systemClock,
    close: () => close,
  })
  return platform
}

/** Makes the directory of each key at its first use. */
function directories(make: (key: TenantKey) => TenantDirectory): (key: TenantKey) => TenantDirectory {
  const made = new Map<TenantKey, TenantDirectory>()
  return (key) => {
    const directory = made.get(key) ?? make(key)
    made.set(key, directory)
    return directory
  }
}

function tokenVerifier(settings: Settings): TokenVerifier {
  return createTokenVerifier({
    issuers: [
      {
        issuer: settings.TRICKLE_AUTH_ISSUER,
        audience: settings.TRICKLE_AUTH_AUDIENCE,
        jwksUrl: settings.TRICKLE_AUTH_JWKS_URL,
        tenantClaim: settings.TRICKLE_AUTH_TENANT_CLAIM,
        tenantKey: settings.TRICKLE_AUTH_TENANT_KEY,
        rolesClaim: settings.TRICKLE_AUTH_ROLES_CLAIM,
        roles: ROLES,
        applications: settings.TRICKLE_AUTH_APPLICATIONS,
      },
      ...settings.TRICKLE_AUTH_ISSUERS,
    ],
    lifetimeSecondsMax: settings.TRICKLE_AUTH_TOKEN_LIFETIME_SECONDS_MAX,
    allowInsecure: settings.TRICKLE_ENVIRONMENT === 'local',
  })
}
