import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { noPlatform, product } from '../../../functions/product.ts'
import { parseSettings as parseWith, settingsSchemaWith } from '../../../shared/config/index.ts'
import { parametersOf, shapes, snapshotOf } from './snapshots.ts'
import type { ObjectValue } from './snapshots.ts'
import { appSettingsOf, jsonOfFile, stringOf } from './support.ts'

/** What the platform, its extensions and its SDKs read; everything else an app setting may be is ours. */
const PLATFORM_SETTINGS = [
  'AzureWebJobsStorage__blobServiceUri',
  'AzureWebJobsStorage__credential',
  'AzureWebJobsStorage__clientId',
  'AzureWebJobsDisableHomepage',
  'APPLICATIONINSIGHTS_CONNECTION_STRING',
  'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
  'AZURE_CLIENT_ID',
]

/** Where there is a Service Bus. */
const SERVICE_BUS_SETTINGS = [
  'ServiceBusConnection__fullyQualifiedNamespace',
  'ServiceBusConnection__credential',
  'ServiceBusConnection__clientId',
  'ServiceBusForwarderConnection__fullyQualifiedNamespace',
  'ServiceBusForwarderConnection__credential',
  'ServiceBusForwarderConnection__clientId',
]

/** Where nothing is forwarded. */
const DISABLED = 'AzureWebJobs.forwarding.Disabled'

/** A size with every default. */
const LEAST = 'dev'

/** The shape in which each optional parameter that becomes a setting is given. */
const ALL_SETTINGS = 'existing-analytics'

/** Whether events are forwarded, by what the template tells the hook. */
const forwards = (shape: string): boolean => snapshotOf(shape).outputs['ANALYTICS_URL'] !== ''

/** The settings of the platform that a deployment with these parameters needs. */
const platformSettingsOf = (shape: string): string[] => [
  ...PLATFORM_SETTINGS,
  ...((parametersOf(shape)['serviceBusTier'] ?? 'off') === 'off' ? [] : SERVICE_BUS_SETTINGS),
  ...(forwards(shape) ? [] : [DISABLED]),
]

/** Optional settings that the template leaves to their default, and why. */
const settingsLeftOut: Readonly<Record<string, string>> = {
  TRICKLE_ENVIRONMENT: '"production" is the default, and "local" would allow plain http',
  TRICKLE_SIDE: '"both" is the default, and the template makes one app',
  TRICKLE_OTHER_APP_URL: 'there is no other app',
}

const ofContexts = jsonOfFile('infra/context-settings.json') as Record<
  'deployed' | 'local',
  Record<string, string>
>

/** Settings of contexts that nobody has given: the default of the code holds. */
const byDefault = Object.keys(ofContexts.deployed).filter((name) => ofContexts.deployed[name] === '')

/** Refused or ignored on Flex Consumption. */
const NOT_ON_FLEX = [
  'FUNCTIONS_WORKER_RUNTIME',
  'FUNCTIONS_EXTENSION_VERSION',
  'WEBSITE_RUN_FROM_PACKAGE',
  'SCM_DO_BUILD_DURING_DEPLOYMENT',
  'WEBSITE_NODE_DEFAULT_VERSION',
  'WEBSITE_CONTENTAZUREFILECONNECTIONSTRING',
  'WEBSITE_CONTENTSHARE',
]

const parseSettings = (environment: Record<string, string>) => parseWith(environment, product().settings)

const { properties, required } = z.toJSONSchema(settingsSchemaWith(product().settings), {
  io: 'input',
  unrepresentable: 'any',
}) as {
  properties: Record<string, unknown>
  required: string[]
}
const known = Object.keys(properties)

/** What a context needs and has no default for is given with a deployment; here, as in the local run. */
const givenToContexts = Object.fromEntries(
  Object.entries(ofContexts.local).filter(([name]) => required.includes(name)),
)

/** The settings of a deployment of a shape. */
const settingsOf = (shape: string): ObjectValue => ({ ...givenToContexts, ...appSettingsOf(shape) })

const texts = (settings: ObjectValue): Record<string, string> =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, stringOf(value)]))

describe.each(shapes)('app settings of the shape %s', (shape) => {
  const settings = settingsOf(shape)
  const names = Object.keys(settings)

  it('are all known to the code or to the platform', () => {
    const ofPlatform = platformSettingsOf(shape)
    expect(names.filter((name) => !known.includes(name) && !ofPlatform.includes(name))).toEqual([])
    expect(names.filter((name) => NOT_ON_FLEX.includes(name))).toEqual([])
  })

  it('hold all that the code and the platform need, and nothing empty', () => {
    expect([...required, ...platformSettingsOf(shape)].filter((name) => !names.includes(name))).toEqual([])
    expect(names.filter((name) => settings[name] === '')).toEqual([])
  })

  it('are accepted by the code', () => {
    const parsed = parseSettings(texts(settings))
    expect(parsed.TRICKLE_ENVIRONMENT).toBe('production')
    expect(parsed.TRICKLE_ANALYTICS_URL === undefined).toBe(!forwards(shape))
  })

  it('hold no secret: identities throughout', () => {
    for (const [name, value] of Object.entries(texts(settings))) {
      expect([name, /AccountKey|SharedAccessKey|password|:[^/@]+@/i.test(value)]).toEqual([name, false])
    }
    const connections = names.filter((name) => name.endsWith('__credential'))
    expect(connections).toContain('AzureWebJobsStorage__credential')
    expect(new Set(connections.map((name) => settings[name]))).toEqual(new Set(['managedidentity']))
    expect(settings['APPLICATIONINSIGHTS_AUTHENTICATION_STRING']).toMatch(/Authorization=AAD$/)
  })

  it('lead each login role to the server, by the pooler where there is one, and verify its certificate', () => {
    const port = ['dev'].includes(stringOf(parametersOf(shape)['size'])) ? '5432' : '6432'
    for (const role of ['app', 'worker', 'forwarder', 'operator']) {
      const url = new URL(stringOf(settings[`TRICKLE_POSTGRES_${role.toUpperCase()}_URL`]))
      expect(url).toMatchObject({ protocol: 'postgres:', username: `trickle_${role}`, password: '', port })
      expect(url.hostname).toMatch(/^psql-[\w-]+(?:\.writer)?\.postgres\.database\.azure\.com$/)
      expect(url.pathname).toBe('/trickle')
      expect(url.searchParams.get('sslmode')).toBe('verify-full')
    }
  })

  it('name an identity of its own for each login role, and the forwarder’s for analytics', () => {
    const clientIds = ['APP', 'FORWARDER', 'WORKER', 'OPERATOR'].map(
      (role) => settings[`TRICKLE_POSTGRES_${role}_CLIENT_ID`],
    )
    expect(new Set(clientIds).size).toBe(4)
    const forwards = settings['TRICKLE_ANALYTICS_URL'] !== undefined
    expect(settings['TRICKLE_ANALYTICS_CLIENT_ID']).toBe(forwards ? clientIds[1] : undefined)
    expect(settings['AZURE_CLIENT_ID']).toBe(clientIds[0])
    const isThere = 'ServiceBusConnection__clientId' in settings
    expect(settings['ServiceBusConnection__clientId']).toBe(isThere ? clientIds[0] : undefined)
    expect(settings['ServiceBusForwarderConnection__clientId']).toBe(isThere ? clientIds[1] : undefined)
  })

  it('prepare statements: the pooler keeps track of them (maxPreparedStatements)', () => {
    expect(settings['TRICKLE_POSTGRES_STATEMENTS']).toBe('named')
  })
})

describe('the timer of forwarding', () => {
  it.each([
    ['disabled where nothing is forwarded', 'dev', 'true'],
    ['enabled for a new cluster', 'new-analytics', undefined],
    ['enabled where the size brings a cluster', 'trial', undefined],
    ['enabled for a cluster that exists', 'existing-analytics', undefined],
  ])('is %s', (_, shape, value) => {
    expect(appSettingsOf(shape)[DISABLED]).toBe(value)
  })

  it('has the name that the setting says', () => {
    const { timers } = product().triggersOn(noPlatform)
    expect(timers.map(({ name }) => `AzureWebJobs.${name}.Disabled`)).toContain(DISABLED)
  })

  it.each(shapes)('is named in a setting that Linux takes, as all are: %s', (shape) => {
    const names = Object.keys(appSettingsOf(shape))
    expect(names.filter((name) => !/^[A-Za-z0-9._]+$/.test(name))).toEqual([])
  })
})

describe('app settings', () => {
  it('are all that the code offers, but for what is left out with a reason', () => {
    const ofPlatform = platformSettingsOf(ALL_SETTINGS)
    const made = Object.keys(settingsOf(ALL_SETTINGS)).filter((name) => !ofPlatform.includes(name))
    const leftOut = [...Object.keys(settingsLeftOut), ...byDefault.filter((name) => !made.includes(name))]
    expect([...made, ...leftOut].toSorted()).toEqual(known.toSorted())
  })

  it('with several issuers are accepted by the code', () => {
    expect(parseSettings(texts(settingsOf(ALL_SETTINGS)))).toMatchObject({
      TRICKLE_AUTH_APPLICATIONS: { operator: ['cockpit'] },
      TRICKLE_AUTH_ISSUERS: [{ tenantClaim: 'tid', tenantKey: 'externalId' }],
    })
  })

  it('carry what was given as parameters', () => {
    const settings = settingsOf(ALL_SETTINGS)
    expect(settings).toMatchObject({
      TRICKLE_AUTH_ISSUER: 'https://login.example.com/v2.0',
      TRICKLE_AUTH_AUDIENCE: 'api://trickle',
      TRICKLE_AUTH_JWKS_URL: 'https://login.example.com/keys',
      TRICKLE_AUTH_TENANT_CLAIM: 'tid',
      TRICKLE_AUTH_TENANT_KEY: 'externalId',
      TRICKLE_AUTH_ROLES_CLAIM: 'groups',
      TRICKLE_AUTH_APPLICATIONS: '{"operator":["cockpit"]}',
      TRICKLE_AUTH_ISSUERS: parametersOf(ALL_SETTINGS)['authIssuers'],
      TRICKLE_AUTH_TOKEN_LIFETIME_SECONDS_MAX: '3600',
      TRICKLE_ANALYTICS_URL: 'https://events.westeurope.kusto.windows.net',
      TRICKLE_ANALYTICS_DATABASE: 'other',
    })
  })

  it('of contexts are what was given for the deployment, else what the platform must know of them', () => {
    expect(appSettingsOf(ALL_SETTINGS)).toMatchObject({
      TRICKLE_EVENTS_SSE_VIEWERS_MAX: '8',
      TRICKLE_FORWARDING_SCHEDULE: '0 * * * * *',
    })
    expect(appSettingsOf(LEAST)['TRICKLE_EVENTS_SSE_VIEWERS_MAX']).toBeUndefined()
    expect(appSettingsOf(LEAST)['TRICKLE_FORWARDING_SCHEDULE']).toBe('*/10 * * * * *')
  })

  it('have the default of the schema where nothing was given', () => {
    const defaults = parseSettings({
      ...texts(settingsOf(LEAST)),
      TRICKLE_AUTH_TENANT_CLAIM: '',
      TRICKLE_AUTH_TENANT_KEY: '',
      TRICKLE_AUTH_ROLES_CLAIM: '',
      TRICKLE_AUTH_TOKEN_LIFETIME_SECONDS_MAX: '',
      TRICKLE_ANALYTICS_DATABASE: '',
      TRICKLE_FORWARDING_SCHEDULE: '',
    })
    expect(parseSettings(texts(settingsOf(LEAST)))).toEqual(defaults)
  })

  it('are the settings of the local sample, but for what differs between the two with a reason', () => {
    const sample = (jsonOfFile('local.settings.sample.json') as { Values: Record<string, string> }).Values
    const ours = (names: readonly string[]): string[] =>
      names.filter((name) => name.startsWith('TRICKLE_')).toSorted()
    const local = new Set(ours(Object.keys(sample)))
    const deployed = new Set(ours(Object.keys(settingsOf(ALL_SETTINGS))))
    // Locally the logins have passwords, and the issuer is discovered at its own address.
    expect([...deployed].filter((name) => !local.has(name))).toEqual([
      'TRICKLE_ANALYTICS_CLIENT_ID',
      'TRICKLE_AUTH_JWKS_URL',
      'TRICKLE_POSTGRES_APP_CLIENT_ID',
      'TRICKLE_POSTGRES_FORWARDER_CLIENT_ID',
      'TRICKLE_POSTGRES_OPERATOR_CLIENT_ID',
      'TRICKLE_POSTGRES_WORKER_CLIENT_ID',
    ])
    const leftOut = [
      ...Object.keys(settingsLeftOut).filter((name) => local.has(name)),
      ...byDefault.filter((name) => local.has(name) && !deployed.has(name)),
    ]
    expect([...local].filter((name) => !deployed.has(name))).toEqual(leftOut.toSorted())
    expect(sample['AzureWebJobsDisableHomepage']).toBe(appSettingsOf(LEAST)['AzureWebJobsDisableHomepage'])
  })
})
