import { z } from 'zod'

const postgresUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\//, 'must be a postgres:// url')
  .describe('postgres://role[:password]@host:port/database. Without a password an Entra ID token is used.')

const clientId = z
  .uuid()
  .optional()
  .describe('Client id of the managed identity that logs in; absent: the system-assigned one.')

const httpUrl = z.string().regex(/^https?:\/\//, 'must be an http(s) url')

/** A variable that is set to the empty string counts as absent: that is how portals and shells clear one. */
const emptyIsAbsent = (value: unknown): unknown => (value === '' ? undefined : value)

/**
 * Every setting of the functions app. `local.settings.sample.json` and `docs/configuration.md` are generated from it.
 */
export const settingsSchema = z
  .object({
    TRICKLE_ENVIRONMENT: z
      .enum(['local', 'production'])
      .default('production')
      .describe('"local" allows plain http and loopback issuers; anywhere else they are refused.'),
    TRICKLE_POSTGRES_APP_URL: postgresUrl,
    TRICKLE_POSTGRES_FORWARDER_URL: postgresUrl,
    TRICKLE_POSTGRES_OPERATOR_URL: postgresUrl,
    TRICKLE_POSTGRES_APP_CLIENT_ID: clientId,
    TRICKLE_POSTGRES_FORWARDER_CLIENT_ID: clientId,
    TRICKLE_POSTGRES_OPERATOR_CLIENT_ID: clientId,
    TRICKLE_POSTGRES_STATEMENTS: z
      .enum(['unnamed', 'named'])
      .default('unnamed')
      .describe(
        '"named" prepares each statement once a connection; PgBouncer needs max_prepared_statements > 0 for it.',
      ),
    TRICKLE_AUTH_ISSUER: httpUrl.describe('The `iss` that tokens must carry.'),
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
      .describe('The claim that lists reader, writer, admin, operator.'),
    TRICKLE_EVENTS_SSE_VIEWERS_MAX: z
      .string()
      .regex(/^\d{1,3}$/, 'must be a whole number from 0 to 999')
      .default('0')
      .transform(Number)
      .describe(
        'Viewers that one instance serves server-sent events at a time; 0 switches them off. One tenant has at most half of them. Each holds one of the requests that an instance serves at once, so keep it well below that number.',
      ),
    TRICKLE_ANALYTICS_URL: httpUrl
      .optional()
      .describe('Azure Data Explorer cluster; absent: nothing is forwarded.'),
    TRICKLE_ANALYTICS_DATABASE: z.string().min(1).default('trickle').describe('Database of that cluster.'),
    TRICKLE_ANALYTICS_CLIENT_ID: clientId,
    TRICKLE_FORWARD_SCHEDULE: z
      .string()
      .min(1)
      .default('*/10 * * * * *')
      .describe(
        'NCRONTAB schedule of the forwarder. Azure reads it by %TRICKLE_FORWARD_SCHEDULE%, so it must be set there.',
      ),
  })
  .superRefine((settings, context) => {
    if (settings.TRICKLE_ENVIRONMENT === 'local') return
    for (const name of ['TRICKLE_AUTH_ISSUER', 'TRICKLE_AUTH_JWKS_URL', 'TRICKLE_ANALYTICS_URL'] as const) {
      const value = settings[name]
      if (value !== undefined && !isPublicHttps(value)) {
        context.addIssue({
          code: 'custom',
          path: [name],
          message: 'must be https and not a loopback address unless TRICKLE_ENVIRONMENT=local',
        })
      }
    }
  })

export type Settings = z.output<typeof settingsSchema>

const LOOPBACK_HOST = /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\]|0\.0\.0\.0|\[::\])$/

function isPublicHttps(value: string): boolean {
  if (!URL.canParse(value)) return false
  const url = new URL(value)
  return url.protocol === 'https:' && !LOOPBACK_HOST.test(url.hostname)
}

export { emptyIsAbsent }
