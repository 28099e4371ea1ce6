import { z } from 'zod'
import contextSettings from '../../context-settings.json' with { type: 'json' }
import serviceBus from '../../service-bus/queues.json' with { type: 'json' }
import { isTrustworthyUrl } from '../../../shared/auth/index.ts'
import { applicationsSchema, issuersSchema, mistakeOfIssuers } from '../../../shared/config/index.ts'
import type { Environment } from '../frame/environment.ts'
import type { HookFailure } from '../frame/failure.ts'
import { refuseContradictions } from './contradictions.ts'
import type { SizeRules } from './contradictions.ts'
import { SIZE_NAMES } from './parameters.ts'
import type { Parameters, SizeName } from './parameters.ts'
import { ValueReader } from './values.ts'

const replicaSchema = z.strictObject({
  // The template cuts long names, and turns capitals into small letters.
  name: z.string().regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/i, 'must be letters, digits and - between them'),
  location: z.string().optional(),
  purpose: z.enum(['reads', 'analytics']),
})

const administratorSchema = z.strictObject({
  objectId: z.uuid('must be the object id'),
  name: z.string().min(1),
  type: z.enum(['User', 'Group', 'ServicePrincipal']),
})

const REPLICAS_EXAMPLE = '[{"name":"reads-1","purpose":"reads"}]'
const ISSUER_EXAMPLE = 'https://login.microsoftonline.com/<tenant id>/v2.0'
const ISSUERS_EXAMPLE = '[{"issuer":"https://login.example.com","audience":"api://trickle"}]'
const APPLICATIONS_EXAMPLE = '{"operator":["<application id>"]}'
const CONTEXT_SETTINGS_EXAMPLE = '["TRICKLE_EVENTS_SSE_VIEWERS_MAX=8"]'
const ADMINISTRATORS_EXAMPLE = '[{"objectId":"<object id>","name":"<group>","type":"Group"}]'

/** Reads and checks what `azd provision` will be given; `failures` holds everything that is wrong with it. */
export function readParameters(
  environment: Environment,
  rules: Readonly<Record<SizeName, SizeRules>>,
): {
  parameters: Parameters
  failures: readonly HookFailure[]
} {
  const values = new ValueReader(environment)
  const size = values.oneOf('TRICKLE_SIZE', SIZE_NAMES, 'dev')
  const named = values.json('TRICKLE_REPLICAS', z.array(replicaSchema), [], REPLICAS_EXAMPLE)
  const analytics = values.oneOf('TRICKLE_ANALYTICS', ['bySize', 'off', 'new', 'existing'], 'bySize')
  const parameters: Parameters = {
    size,
    network: values.oneOf('TRICKLE_NETWORK', ['public', 'private'], 'public'),
    replicas: named.length > 0 ? named : rules[size].replicas,
    areReplicasOfSize: named.length === 0,
    virtualEndpoint: values.flag('TRICKLE_VIRTUAL_ENDPOINT'),
    highAvailability: values.oneOf(
      'TRICKLE_HIGH_AVAILABILITY',
      ['bySize', 'off', 'sameZone', 'zoneRedundant'],
      'bySize',
    ),
    geoRedundantBackup: values.flag('TRICKLE_GEO_BACKUP'),
    elasticClusterNodes: values.whole('TRICKLE_ELASTIC_CLUSTER_NODES'),
    customerManagedKey: values.flag('TRICKLE_CUSTOMER_MANAGED_KEY'),
    analytics: analytics === 'bySize' ? rules[size].analytics.mode : analytics,
    analyticsUrl: values.get('TRICKLE_ANALYTICS_URL'),
    cache: values.oneOf('TRICKLE_CACHE', ['off', 'redis'], 'off'),
    serviceBusTier: values.oneOf('TRICKLE_SERVICE_BUS_TIER', ['off', 'bySize', 'Standard', 'Premium'], 'off'),
  }
  readAuthorisation(values)
  values.json('TRICKLE_POSTGRES_ADMINISTRATORS', z.array(administratorSchema), [], ADMINISTRATORS_EXAMPLE)
  values.json('TRICKLE_CORS_ORIGINS', z.array(z.string().min(1)), [], '["https://app.example.com"]')
  readContextSettings(values)
  values.oneOf('TRICKLE_ROLLING_UPDATE', ['bySize', 'off', 'on'], 'bySize')
  values.oneOf('AZURE_PRINCIPAL_TYPE', ['User', 'ServicePrincipal', 'Group'], 'User')
  refuseContradictions(parameters, rules[parameters.size], serviceBus.ofContexts, values)
  return { parameters, failures: values.failures }
}

/**
 * A setting with a misspelled name would be deployed without any effect, and the person who set it would not be told.
 */
function readContextSettings(values: ValueReader): void {
  const given = values.json(
    'TRICKLE_CONTEXT_SETTINGS',
    z.array(z.string().regex(/^TRICKLE_[A-Z0-9_]+=/, 'must be NAME=value')),
    [],
    CONTEXT_SETTINGS_EXAMPLE,
  )
  const known = Object.keys(contextSettings.deployed)
  for (const setting of given) {
    const [name = ''] = setting.split('=')
    if (known.includes(name)) continue
    values.invalid(
      'TRICKLE_CONTEXT_SETTINGS',
      `TRICKLE_CONTEXT_SETTINGS names ${name}, which is no setting of a context. There are: ${known.join(', ')}.`,
      `azd env set TRICKLE_CONTEXT_SETTINGS '${CONTEXT_SETTINGS_EXAMPLE}'`,
    )
  }
}

/** The app refuses these at its start as well, but only after a deployment of half an hour. */
function readAuthorisation(values: ValueReader): void {
  const issuer = values.required(
    'TRICKLE_AUTH_ISSUER',
    'the issuer of the tokens that callers bring.',
    ISSUER_EXAMPLE,
  )
  values.required(
    'TRICKLE_AUTH_AUDIENCE',
    'the audience that those tokens carry.',
    'api://<application id of your API>',
  )
  const urls = { TRICKLE_AUTH_ISSUER: issuer, TRICKLE_AUTH_JWKS_URL: values.get('TRICKLE_AUTH_JWKS_URL') }
  for (const [name, url] of Object.entries(urls)) {
    if (url === undefined || isTrustworthyUrl(url, false)) continue
    values.invalid(
      name,
      `${name} is "${url}"; in Azure it must be https and no loopback address.`,
      `azd env set ${name} ${ISSUER_EXAMPLE}`,
    )
  }
  values.oneOf('TRICKLE_AUTH_TENANT_KEY', ['any', 'id', 'slug', 'externalId'], 'any')
  values.json('TRICKLE_AUTH_APPLICATIONS', applicationsSchema, {}, APPLICATIONS_EXAMPLE)
  const issuers = values.json('TRICKLE_AUTH_ISSUERS', issuersSchema, [], ISSUERS_EXAMPLE)
  const mistake = mistakeOfIssuers(issuers, issuer ?? '', false)
  if (mistake !== null)
    values.invalid(
      'TRICKLE_AUTH_ISSUERS',
      `TRICKLE_AUTH_ISSUERS${mistake}.`,
      `azd env set TRICKLE_AUTH_ISSUERS '${ISSUERS_EXAMPLE}'`,
    )
  const lifetime = values.get('TRICKLE_AUTH_TOKEN_LIFETIME_SECONDS_MAX')
  if (lifetime === undefined || /^[1-9]\d{1,8}$/.test(lifetime)) return
  values.invalid(
    'TRICKLE_AUTH_TOKEN_LIFETIME_SECONDS_MAX',
    `TRICKLE_AUTH_TOKEN_LIFETIME_SECONDS_MAX is "${lifetime}", which is no whole number of seconds from 10.`,
    'azd env set TRICKLE_AUTH_TOKEN_LIFETIME_SECONDS_MAX 90000',
  )
}
