import contextSettings from '../../infra/context-settings.json' with { type: 'json' }
import type { Side } from '../../shared/sides/index.ts'
import { TOKEN_MAX_SECONDS } from '../issuer/index.ts'
import type { IssuerFacts } from '../issuer/index.ts'
import { compileCache } from './project.ts'
import type { RolePasswords } from './secrets.ts'

/** The variables that every process needs. No other variable of the caller's environment is passed to a part. */
const PASSED_NAMES = [
  'PATH',
  'HOME',
  'TZ',
  'LANG',
  'LC_ALL',
  'TMPDIR',
  'NODE_OPTIONS',
  'NODE_EXTRA_CA_CERTS',
  'SystemRoot',
]

/** The environment that parts start from. */
export function basicEnvironment(): NodeJS.ProcessEnv {
  const passed = PASSED_NAMES.flatMap((name): [string, string][] => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value]]
  })
  return { ...Object.fromEntries(passed), NODE_COMPILE_CACHE: compileCache }
}

/** Replaces the address in a url by `via` (HOST:PORT), so that a proxy can be in between. */
export function throughAddress(url: string, via: string | undefined): string {
  if (via === undefined) return url
  const through = new URL(url)
  through.host = via
  return through.href
}

/** The same for the address in a connection string of Service Bus. */
export function serviceBusThrough(connectionString: string, via: string | undefined): string {
  if (via === undefined) return connectionString
  return connectionString.replace(/^Endpoint=sb:\/\/[^;/]+/u, `Endpoint=sb://${via}`)
}

/** The login url of a role, on the server of an administrator's url. */
export function roleUrl(
  adminUrl: string,
  database: string,
  role: keyof RolePasswords,
  passwords: RolePasswords,
): string {
  const url = new URL(adminUrl)
  url.username = role
  url.password = passwords[role]
  url.pathname = `/${database}`
  return url.href
}

/**
 * Settings that a person may change for a run by setting them for `npm start`. The run has no value of its own for
 * them. Addresses and keys are always those of the run: a variable left over in a shell must not send events elsewhere.
 */
export const tunableNames: readonly string[] = [
  'TRICKLE_POSTGRES_STATEMENTS',
  'TRICKLE_AUTH_TENANT_CLAIM',
  'TRICKLE_AUTH_TENANT_KEY',
  'TRICKLE_AUTH_ROLES_CLAIM',
  'TRICKLE_AUTH_APPLICATIONS',
  'TRICKLE_AUTH_ISSUERS',
  'TRICKLE_AUTH_TOKEN_LIFETIME_SECONDS_MAX',
  ...Object.keys(contextSettings.local),
]

export interface FunctionsAddresses {
  readonly app: string
  readonly worker: string
  readonly forwarder: string
  readonly operator: string
  readonly issuer: IssuerFacts
  /** Null while it is not there yet; the public app has nothing to do with it. */
  readonly analytics: { readonly url: string; readonly database: string } | null
  readonly storageConnectionString: string
  readonly serviceBusConnectionString: string
}

/**
 * The settings of one of the two apps, as `shared/config` and the platform name them. Passwords of logins that the app
 * has nothing to do with do not get into its process.
 * @param otherUrl the address of the other app
 */
export function functionsSettings(
  addresses: FunctionsAddresses,
  app: Side,
  otherUrl: string,
): Record<string, string> {
  const tuned = tunableNames.flatMap((name): [string, string][] => {
    const value = process.env[name]
    return value === undefined || value === '' ? [] : [[name, value]]
  })
  return {
    ...contextSettings.local,
    TRICKLE_AUTH_TOKEN_LIFETIME_SECONDS_MAX: String(TOKEN_MAX_SECONDS),
    ...Object.fromEntries(tuned),
    TRICKLE_ENVIRONMENT: 'local',
    TRICKLE_SIDE: app,
    TRICKLE_OTHER_APP_URL: otherUrl,
    // Each app sends by it, and the background app receives by it.
    ServiceBusConnection: addresses.serviceBusConnectionString,
    ...(app === 'public' ? { TRICKLE_POSTGRES_APP_URL: addresses.app } : backgroundSettings(addresses)),
    TRICKLE_AUTH_ISSUER: addresses.issuer.issuer,
    TRICKLE_AUTH_AUDIENCE: addresses.issuer.audience,
    TRICKLE_AUTH_JWKS_URL: addresses.issuer.jwksUrl,
    AzureWebJobsStorage: addresses.storageConnectionString,
    AzureWebJobsDisableHomepage: 'true',
    FUNCTIONS_WORKER_RUNTIME: 'node',
  }
}

// Connections to Service Bus have the names of shared/context/queue-settings.ts, and each goes where the template of Azure
// puts it (infra/modules/apps.bicep). There each is an identity; here both are the one key.

const backgroundSettings = ({
  worker,
  forwarder,
  operator,
  analytics,
  serviceBusConnectionString,
}: FunctionsAddresses) => ({
  ServiceBusForwarderConnection: serviceBusConnectionString,
  ServiceBusOperatorConnection: serviceBusConnectionString,
  TRICKLE_POSTGRES_WORKER_URL: worker,
  TRICKLE_POSTGRES_FORWARDER_URL: forwarder,
  TRICKLE_POSTGRES_OPERATOR_URL: operator,
  ...(analytics === null
    ? {}
    : { TRICKLE_ANALYTICS_URL: analytics.url, TRICKLE_ANALYTICS_DATABASE: analytics.database }),
})
