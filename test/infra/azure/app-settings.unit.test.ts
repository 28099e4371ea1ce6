import { describe, expect, it } from 'vitest'
import { noPlatform, product } from '../../../functions/product.ts'
import { parseSettings as parseWith } from '../../../shared/config/index.ts'
import { SIDES } from '../../../shared/sides/index.ts'
import type { Side } from '../../../shared/sides/index.ts'
import {
  DISABLED,
  forwards,
  isForeign,
  known,
  LOGIN_URL,
  logins,
  neededIn,
  ofContexts,
  platformSettingsOf,
  settingsOf,
  texts,
} from './app-settings.ts'
import { clientOf } from './made-up-values.ts'
import { parametersOf, resourcesOf, shapes } from './snapshots.ts'
import { appSettingsOf, jsonOfFile, siteOf, stringOf } from './support.ts'

/** A size with every default. */
const LEAST = 'dev'

/** The shape in which each optional parameter that becomes a setting is given. */
const ALL_SETTINGS = 'existing-analytics'

/** A shape with a Service Bus, whose settings the platform reads as well. */
const WITH_QUEUES = 'everything'

/** Optional settings that the template leaves to their default, and why. */
const settingsLeftOut: Readonly<Record<string, string>> = {
  TRICKLE_ENVIRONMENT: '"production" is the default, and "local" would allow plain http',
  ServiceBusConnection: 'a connection string holds a key; in Azure there is an identity',
  ServiceBusForwarderConnection: 'as ServiceBusConnection',
  ServiceBusOperatorConnection: 'as ServiceBusConnection',
}

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

const parseSettings = (environment: Record<string, string>, side: Side) =>
  parseWith(environment, product().settingsIn(side))

const both = shapes.flatMap((shape) => SIDES.map((side): [string, Side] => [shape, side]))

describe.each(both)('app settings of the shape %s in the %s app', (shape, side) => {
  const settings = settingsOf(shape, side)
  const names = Object.keys(settings)

  it('are all known to the code or to the platform', () => {
    const ofPlatform = platformSettingsOf(shape, side)
    expect(names.filter((name) => !known.includes(name) && !ofPlatform.includes(name))).toEqual([])
    expect(names.filter((name) => NOT_ON_FLEX.includes(name))).toEqual([])
  })

  it('hold all that the code and the platform need, and nothing empty', () => {
    const needed = [...neededIn(side), ...platformSettingsOf(shape, side)]
    expect(needed.filter((name) => !names.includes(name))).toEqual([])
    expect(names.filter((name) => settings[name] === '')).toEqual([])
  })

  it('hold nothing that only the other app reads, and no connection of it', () => {
    expect(names.filter((name) => isForeign(name, side))).toEqual([])
  })

  it('are accepted by the code', () => {
    const parsed = parseSettings(texts(settings), side)
    expect(parsed.TRICKLE_ENVIRONMENT).toBe('production')
    expect(parsed.TRICKLE_SIDE).toBe(side)
    expect(parsed.TRICKLE_ANALYTICS_URL !== undefined).toBe(side === 'background' && forwards(shape))
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
    const urls = names.filter((name) => LOGIN_URL.test(name))
    expect(urls.toSorted()).toEqual(logins[side].map((login) => `TRICKLE_POSTGRES_${login}_URL`).toSorted())
    for (const login of logins[side]) {
      const url = new URL(stringOf(settings[`TRICKLE_POSTGRES_${login}_URL`]))
      const username = `trickle_${login.toLowerCase()}`
      expect(url).toMatchObject({ protocol: 'postgres:', username, password: '', port })
      expect(url.hostname).toMatch(/^psql-[\w-]+(?:\.writer)?\.postgres\.database\.azure\.com$/)
      expect(url.pathname).toBe('/trickle')
      expect(url.searchParams.get('sslmode')).toBe('verify-full')
    }
  })

  it('name an identity of its own for each login role, and one for what the platform does', () => {
    const clientIdOf = (role: string) =>
      clientOf(resourcesOf(shape).find(({ name }) => name.startsWith(`id-${role}-`))?.id ?? '')
    for (const login of logins[side])
      expect(settings[`TRICKLE_POSTGRES_${login}_CLIENT_ID`]).toBe(clientIdOf(login.toLowerCase()))
    const platform = clientIdOf(`platform-${side}`)
    expect(settings['AZURE_CLIENT_ID']).toBe(platform)
    expect(settings['AzureWebJobsStorage__clientId']).toBe(platform)
    expect(settings['APPLICATIONINSIGHTS_AUTHENTICATION_STRING']).toContain(`ClientId=${platform};`)
    const others = {
      TRICKLE_ANALYTICS_CLIENT_ID: clientIdOf('forwarder'),
      ServiceBusConnection__clientId: clientIdOf(side === 'public' ? 'app' : 'worker'),
      ServiceBusForwarderConnection__clientId: clientIdOf('forwarder'),
      ServiceBusOperatorConnection__clientId: clientIdOf('operator'),
    }
    const given = Object.entries(others).filter(([name]) => names.includes(name))
    for (const [name, clientId] of given) expect([name, settings[name]]).toEqual([name, clientId])
  })

  it('prepare statements: the pooler keeps track of them (maxPreparedStatements)', () => {
    expect(settings['TRICKLE_POSTGRES_STATEMENTS']).toBe('named')
  })

  it('keep the host’s state in storage of the app’s own', () => {
    const account = side === 'public' ? 'sthostpub' : 'sthostback'
    expect(settings['AzureWebJobsStorage__blobServiceUri']).toMatch(
      new RegExp(`^https://${account}\\w{13}\\.blob`),
    )
  })
})

describe('the address of the other app', () => {
  it.each(shapes)('is told by the background app, and by the public one to nobody: %s', (shape) => {
    const address = `https://${siteOf(shape, 'public').name}.azurewebsites.net`
    expect(appSettingsOf(shape, 'background')['TRICKLE_OTHER_APP_URL']).toBe(address)
    expect(appSettingsOf(shape, 'public')['TRICKLE_OTHER_APP_URL']).toBeUndefined()
  })
})

describe('the timer of forwarding', () => {
  it.each([
    ['disabled where nothing is forwarded', 'dev', 'true'],
    ['enabled for a new cluster', 'new-analytics', undefined],
    ['enabled where the size brings a cluster', 'trial', undefined],
    ['enabled for a cluster that exists', 'existing-analytics', undefined],
  ])('is %s', (_, shape, value) => {
    expect(appSettingsOf(shape, 'background')[DISABLED]).toBe(value)
    expect(appSettingsOf(shape, 'public')[DISABLED]).toBeUndefined()
  })

  it('has the name that the setting says', () => {
    const { timers } = product().triggersOn(noPlatform)
    expect(timers.map(({ name }) => `AzureWebJobs.${name}.Disabled`)).toContain(DISABLED)
  })

  it.each(both)('is named in a setting that Linux takes, as all are: %s, %s', (shape, side) => {
    const names = Object.keys(appSettingsOf(shape, side))
    expect(names.filter((name) => !/^[A-Za-z0-9._]+$/.test(name))).toEqual([])
  })
})

describe('app settings', () => {
  it('are all that the code offers, but for what is left out with a reason', () => {
    const ofPlatform = [ALL_SETTINGS, WITH_QUEUES].flatMap((shape) =>
      SIDES.flatMap((side) => platformSettingsOf(shape, side)),
    )
    const ofBoth = SIDES.flatMap((side) => Object.keys(settingsOf(ALL_SETTINGS, side)))
    const made = [...new Set(ofBoth)].filter((name) => !ofPlatform.includes(name))
    const leftOut = [...Object.keys(settingsLeftOut), ...byDefault.filter((name) => !made.includes(name))]
    const ours = known.filter((name) => !ofPlatform.includes(name))
    expect([...made, ...leftOut].toSorted()).toEqual(ours.toSorted())
  })

  it.each(SIDES)('with several issuers are accepted by the code of the %s app', (side) => {
    expect(parseSettings(texts(settingsOf(ALL_SETTINGS, side)), side)).toMatchObject({
      TRICKLE_AUTH_APPLICATIONS: { operator: ['cockpit'] },
      TRICKLE_AUTH_ISSUERS: [{ tenantClaim: 'tid', tenantKey: 'externalId' }],
    })
  })

  it.each(SIDES)('of the %s app carry what was given as parameters', (side) => {
    expect(settingsOf(ALL_SETTINGS, side)).toMatchObject({
      TRICKLE_AUTH_ISSUER: 'https://login.example.com/v2.0',
      TRICKLE_AUTH_AUDIENCE: 'api://trickle',
      TRICKLE_AUTH_JWKS_URL: 'https://login.example.com/keys',
      TRICKLE_AUTH_TENANT_CLAIM: 'tid',
      TRICKLE_AUTH_TENANT_KEY: 'externalId',
      TRICKLE_AUTH_ROLES_CLAIM: 'groups',
      TRICKLE_AUTH_APPLICATIONS: '{"operator":["cockpit"]}',
      TRICKLE_AUTH_ISSUERS: parametersOf(ALL_SETTINGS)['authIssuers'],
      TRICKLE_AUTH_TOKEN_LIFETIME_SECONDS_MAX: '3600',
    })
    const background = settingsOf(ALL_SETTINGS, 'background')
    expect(background['TRICKLE_ANALYTICS_URL']).toBe('https://events.westeurope.kusto.windows.net')
    expect(background['TRICKLE_ANALYTICS_DATABASE']).toBe('other')
  })

  it('of contexts are what was given for the deployment, else what the platform must know of them', () => {
    expect(appSettingsOf(ALL_SETTINGS, 'public')['TRICKLE_EVENTS_SSE_VIEWERS_MAX']).toBe('8')
    expect(appSettingsOf(ALL_SETTINGS, 'background')['TRICKLE_FORWARDING_SCHEDULE']).toBe('0 * * * * *')
    expect(appSettingsOf(LEAST, 'public')['TRICKLE_EVENTS_SSE_VIEWERS_MAX']).toBeUndefined()
    expect(appSettingsOf(LEAST, 'background')['TRICKLE_FORWARDING_SCHEDULE']).toBe('*/10 * * * * *')
  })

  it('of a schedule are for the app with the timers', () => {
    for (const shape of [LEAST, ALL_SETTINGS])
      expect(appSettingsOf(shape, 'public')['TRICKLE_FORWARDING_SCHEDULE']).toBeUndefined()
  })

  it.each(SIDES)('of the %s app have the default of the schema where nothing was given', (side) => {
    const given = texts(settingsOf(LEAST, side))
    const emptied = {
      ...given,
      TRICKLE_AUTH_TENANT_CLAIM: '',
      TRICKLE_AUTH_TENANT_KEY: '',
      TRICKLE_AUTH_ROLES_CLAIM: '',
      TRICKLE_AUTH_TOKEN_LIFETIME_SECONDS_MAX: '',
      TRICKLE_ANALYTICS_DATABASE: '',
      TRICKLE_FORWARDING_SCHEDULE: '',
    }
    expect(parseSettings(given, side)).toEqual(parseSettings(emptied, side))
  })

  it('are the settings of the local sample, but for what differs between the two with a reason', () => {
    const sample = (jsonOfFile('local.settings.sample.json') as { Values: Record<string, string> }).Values
    const ours = (names: readonly string[]): string[] =>
      names.filter((name) => name.startsWith('TRICKLE_')).toSorted()
    const local = new Set(ours(Object.keys(sample)))
    const deployed = new Set(ours(SIDES.flatMap((side) => Object.keys(settingsOf(ALL_SETTINGS, side)))))
    // Locally the logins have passwords, and the issuer is discovered at its own address.
    expect([...deployed].filter((name) => !local.has(name))).toEqual([
      'TRICKLE_ANALYTICS_CLIENT_ID',
      'TRICKLE_AUTH_JWKS_URL',
      'TRICKLE_OTHER_APP_URL',
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
    expect(sample['AzureWebJobsDisableHomepage']).toBe(
      appSettingsOf(LEAST, 'public')['AzureWebJobsDisableHomepage'],
    )
  })
})
