import { z } from 'zod'
import { isTrustworthyUrl } from '../auth/index.ts'
import type { RunsOn } from '../sides/index.ts'
import {
  applicationsSchema,
  ISSUER_CHARACTERS_MAX,
  issuersSchema,
  jsonText,
  mistakeOfIssuers,
} from './issuers.ts'
import { APPS, isReadBy } from './apps.ts'

const postgresUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\//, 'must be a postgres:// url')
  .describe('postgres://role[:password]@host:port/database. Without a password an Entra ID token is used.')

const clientId = z
  .uuid()
  .optional()
  .describe('Client id of the managed identity that logs in; absent: the system-assigned one.')

const httpUrl = z.string().regex(/^https?:\/\//, 'must be an http(s) url')

/** Names that Azure fixes: the triggers read the same settings. */
const serviceBusConnection = (whose: string) => ({
  connectionString: z
    .string()
    .regex(/^Endpoint=sb:\/\/[^;]+;/, 'must be a connection string, which begins with Endpoint=sb://')
    .optional()
    .describe(
      `Connection string of Service Bus for ${whose}: of the local run, or of the emulator. Absent, and no namespace: there is no Service Bus.`,
    ),
  namespace: z
    .string()
    .regex(/^[\w-]+(\.[\w-]+)+$/, 'must be a host name, such as name.servicebus.windows.net')
    .optional()
    .describe(`Namespace of Service Bus in Azure, for ${whose}: an identity is used.`),
})

const ofTenants = serviceBusConnection('what is sent or received for one tenant')
const ofOperators = serviceBusConnection('what operators do about messages that failed')
const ofForwarder = serviceBusConnection('work across tenants')

/** A minute is the longest that a subscription waits after a failure, too. */
export const BACKSTOP_SCHEDULE = '0 * * * * *'

/** 25 hours: tokens of managed identities live for 24 hours, and Entra ID dates them back by five minutes. */
const TOKEN_LIFETIME_SECONDS = 90_000

/** The settings that all contexts use. Each context may have further ones of its own. */
const sharedSchema = z.object({
  TRICKLE_ENVIRONMENT: z
    .enum(['local', 'production'])
    .default('production')
    .describe('"local" allows plain http and loopback issuers; anywhere else they are refused.'),
  TRICKLE_SIDE: z
    .enum(APPS)
    .default('both')
    .describe(
      'Which app this is, where the bundle runs as two: "public" answers tenants, "background" runs timers and queues and answers operators; "both" does everything in one.',
    ),
  TRICKLE_OTHER_APP_URL: httpUrl
    .optional()
    .describe(
      'Address of the other of two apps. Whoever asks this app for what the other one serves is told it; absent: only which app it is.',
    ),
  TRICKLE_POSTGRES_APP_URL: postgresUrl,
  TRICKLE_POSTGRES_WORKER_URL: postgresUrl,
  TRICKLE_POSTGRES_FORWARDER_URL: postgresUrl,
  TRICKLE_POSTGRES_OPERATOR_URL: postgresUrl,
  TRICKLE_POSTGRES_APP_CLIENT_ID: clientId,
  TRICKLE_POSTGRES_WORKER_CLIENT_ID: clientId,
  TRICKLE_POSTGRES_FORWARDER_CLIENT_ID: clientId,
  TRICKLE_POSTGRES_OPERATOR_CLIENT_ID: clientId,
  TRICKLE_POSTGRES_STATEMENTS: z
    .enum(['unnamed', 'named'])
    .default('named')
    .describe(
      '"named" prepares each statement once a connection. A pooler that does not keep track of names is told in the log, and statements go without names then.',
    ),
  TRICKLE_AUTH_ISSUER: httpUrl
    .max(ISSUER_CHARACTERS_MAX, `must have at most ${ISSUER_CHARACTERS_MAX} characters`)
    .describe(
      'The `iss` that tokens must carry: the home issuer, which may grant every role. Others: `TRICKLE_AUTH_ISSUERS`.',
    ),
  TRICKLE_AUTH_AUDIENCE: z.string().min(1).describe('The `aud` that tokens must carry.'),
  TRICKLE_AUTH_JWKS_URL: httpUrl
    .optional()
    .describe('Where the issuer publishes its keys; absent: OpenID Connect discovery.'),
  TRICKLE_AUTH_TENANT_CLAIM: z
    .string()
    .min(1)
    .default('tenant')
    .describe(
      'The claim that names the tenant. With Entra ID `tid` works for tenants, but every token has it: operators, whose tokens name no tenant, then need an issuer or a claim of their own.',
    ),
  TRICKLE_AUTH_TENANT_KEY: z
    .enum(['any', 'id', 'slug', 'externalId'])
    .default('any')
    .describe('What the tenant claim holds. "any" tries all three and refuses what names two tenants.'),
  TRICKLE_AUTH_ROLES_CLAIM: z
    .string()
    .min(1)
    .default('roles')
    .describe('The claim that lists reader, writer, admin, operator, service.'),
  TRICKLE_AUTH_APPLICATIONS: jsonText(applicationsSchema, '{"operator":["<application id>"]}')
    .prefault('{}')
    .describe(
      'JSON, such as `{"operator":["<application id>"]}`: a role that is named here counts in tokens of the home issuer only where `azp`, `appid` or `client_id` is one of these.',
    ),
  TRICKLE_AUTH_ISSUERS: jsonText(issuersSchema, '[{"issuer":"https://…","audience":"…"}]')
    .prefault('[]')
    .describe(
      'JSON list of further issuers: `issuer` and `audience`, then `jwksUrl`, `tenantClaim`, `tenantKey`, `rolesClaim`, `roles` (those it may grant; `operator` and `service` only where they are named), `applications`. See docs/callers.md.',
    ),
  TRICKLE_AUTH_TOKEN_LIFETIME_SECONDS_MAX: z
    .string()
    .regex(/^[1-9]\d{1,8}$/, 'must be a whole number of seconds, from 10')
    .default(String(TOKEN_LIFETIME_SECONDS))
    .transform(Number)
    .describe(
      'The longest life of a token, from `iat` to `exp` and from now on; a longer one is refused. `exp` and `nbf` are read with 60 seconds of leeway.',
    ),
  TRICKLE_ANALYTICS_URL: httpUrl
    .optional()
    .describe('Azure Data Explorer cluster; absent: nothing is forwarded.'),
  TRICKLE_ANALYTICS_DATABASE: z.string().min(1).default('trickle').describe('Database of that cluster.'),
  TRICKLE_ANALYTICS_CLIENT_ID: clientId,
  TRICKLE_NUDGES_SECONDS: z
    .string()
    .regex(/^\d{1,4}$/, 'must be a whole number of seconds, from 0 to 9999')
    .default('1')
    .transform(Number)
    .describe(
      'Where there is a Service Bus: the fewest seconds between two nudges of an instance, which wake forwarding and subscriptions after appends. 0: none, and timers are as fast as without a Service Bus.',
    ),
  TRICKLE_BACKSTOP_SCHEDULE: z.string().min(1).default(BACKSTOP_SCHEDULE).meta({
    description:
      'NCRONTAB schedule of the timers of forwarding and subscriptions where nudges wake them. It is for nudges that are lost, and for attempts after a failure.',
    // Short locally, so that a developer waits for nothing.
    local: '*/2 * * * * *',
  }),
  ServiceBusConnection: ofTenants.connectionString,
  ServiceBusConnection__fullyQualifiedNamespace: ofTenants.namespace,
  ServiceBusConnection__clientId: clientId,
  ServiceBusForwarderConnection: ofForwarder.connectionString,
  ServiceBusForwarderConnection__fullyQualifiedNamespace: ofForwarder.namespace,
  ServiceBusForwarderConnection__clientId: clientId,
  ServiceBusOperatorConnection: ofOperators.connectionString,
  ServiceBusOperatorConnection__fullyQualifiedNamespace: ofOperators.namespace,
  ServiceBusOperatorConnection__clientId: clientId,
})

type Checked = z.output<typeof sharedSchema>
type LoginUrl = Extract<keyof Checked, `TRICKLE_POSTGRES_${string}_URL`>

/** The url of a login is absent in an app that has nothing to do with it. */
export type Settings = Omit<Checked, LoginUrl> & { readonly [Name in LoginUrl]?: string | undefined }

/** For each setting of a context, by its name: the schema that checks its text. */
export type SettingSchemas = Readonly<Record<string, z.ZodType>>

/** Shared settings that a deployment or a local run may give by their names, as those of contexts. */
export const TUNABLE_SETTING_NAMES: readonly string[] = [
  'TRICKLE_NUDGES_SECONDS',
  'TRICKLE_BACKSTOP_SCHEDULE',
]

export const sharedSettingNames: readonly string[] = Object.keys(sharedSchema.shape)

/**
 * Every setting of an app, those of contexts after the shared ones. `local.settings.sample.json` and
 * `docs/configuration.md` are generated from it.
 * @param app what the other app alone needs is optional then
 */
export function settingsSchemaWith(ofContexts: SettingSchemas, app: RunsOn = 'both'): z.ZodType<Settings> {
  const shared = Object.entries(sharedSchema.shape).map(([name, schema]) => [
    name,
    isReadBy(name, app) ? schema : schema.optional(),
  ])
  // This cast is safe: `Settings` says of each that is optional here that it may be absent. What contexts add stays out
  // of the type: a context is given its own settings in its own type.
  const shape = { ...Object.fromEntries(shared), ...ofContexts } as typeof sharedSchema.shape
  return z.object(shape).superRefine(checkTogether)
}

function checkTogether(settings: Checked, context: z.core.$RefinementCtx): void {
  const isLocal = settings.TRICKLE_ENVIRONMENT === 'local'
  const mistake = mistakeOfIssuers(settings.TRICKLE_AUTH_ISSUERS, settings.TRICKLE_AUTH_ISSUER, isLocal)
  if (mistake !== null) context.addIssue({ code: 'custom', path: ['TRICKLE_AUTH_ISSUERS'], message: mistake })
  if (/[{}]/.test(settings.TRICKLE_AUTH_ISSUER)) {
    context.addIssue({
      code: 'custom',
      path: ['TRICKLE_AUTH_ISSUER'],
      message: 'must be one issuer; a pattern with {tid} belongs into TRICKLE_AUTH_ISSUERS',
    })
  }
  if (isLocal) return
  for (const name of ['TRICKLE_AUTH_ISSUER', 'TRICKLE_AUTH_JWKS_URL', 'TRICKLE_ANALYTICS_URL'] as const) {
    const value = settings[name]
    if (value !== undefined && !isTrustworthyUrl(value, false)) {
      context.addIssue({
        code: 'custom',
        path: [name],
        message: 'must be https and not a loopback address unless TRICKLE_ENVIRONMENT=local',
      })
    }
  }
}
