import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { instanceLimits } from '../../../shared/postgres/index.ts'
import { parametersOf, resourcesOf } from './snapshots.ts'
import {
  asList,
  asObject,
  at,
  jsonOfFile,
  ownNameOf,
  single,
  SIZES,
  stringOf,
  textOfFile,
} from './support.ts'

const packageFile = z
  .object({ devDependencies: z.object({ node: z.string() }) })
  .parse(jsonOfFile('package.json'))

const hostFile = z
  .object({
    version: z.string(),
    functionTimeout: z.string(),
    extensions: z.object({ http: z.object({ routePrefix: z.string() }) }),
  })
  .parse(jsonOfFile('host.json'))

const sizesFile = z
  .record(
    z.string(),
    z.object({
      functions: z.object({
        instanceMemoryMb: z.number(),
        maximumInstances: z.number(),
        alwaysReadyHttp: z.number(),
      }),
    }),
  )
  .parse(jsonOfFile('infra/sizes.json'))

const siteOf = (shape: string) => single(resourcesOf(shape), 'Microsoft.Web/sites')

describe('the function app', () => {
  const site = siteOf('everything')

  it('runs on the Node that everything is built and tested with', () => {
    const [major] = packageFile.devDependencies.node.split('.')
    const target = /target: 'node(\d+)'/.exec(textOfFile('tools/build.ts'))?.[1]
    expect(at(site, 'properties.functionAppConfig.runtime')).toEqual({ name: 'node', version: major })
    expect(target).toBe(major)
  })

  it.each(SIZES)('has the instances of size %s', (size) => {
    const scale = asObject(at(siteOf(size), 'properties.functionAppConfig.scaleAndConcurrency'))
    const rules = sizesFile[size]?.functions
    expect(scale).toMatchObject({
      instanceMemoryMB: rules?.instanceMemoryMb,
      maximumInstanceCount: rules?.maximumInstances,
      triggers: { http: { perInstanceConcurrency: instanceLimits.httpConcurrency } },
      alwaysReady:
        rules?.alwaysReadyHttp === 0 ? [] : [{ name: 'http', instanceCount: rules?.alwaysReadyHttp }],
    })
  })

  it('has no FTP state, which Flex Consumption refuses', () => {
    expect(Object.keys(asObject(at(site, 'properties.siteConfig')))).not.toContain('ftpsState')
  })

  it.each([
    ['dev', 'bySize', undefined],
    ['new-analytics', 'on', { type: 'RollingUpdate' }],
    ['standard', 'bySize', { type: 'RollingUpdate' }],
    ['existing-analytics', 'off', undefined],
  ])('uses the preview of rolling updates where it is wanted: %s, %s', (shape, choice, strategy) => {
    expect(parametersOf(shape)['rollingUpdate'] ?? 'bySize').toBe(choice)
    const config = asObject(at(siteOf(shape), 'properties.functionAppConfig'))
    expect(config['siteUpdateStrategy']).toEqual(strategy)
  })

  it('is described with the number of requests that an instance gets', () => {
    for (const page of ['docs/host-json.md', 'docs/benchmarks.md']) {
      const lines = textOfFile(page)
        .split('\n')
        .filter((line) => line.includes('`instanceLimits.httpConcurrency`'))
      expect([page, lines.length > 0]).toEqual([page, true])
      for (const line of lines) expect(line).toMatch(new RegExp(`\\b${instanceLimits.httpConcurrency}\\b`))
    }
  })

  it('is where azd deploys what the build makes', () => {
    const azure = textOfFile('azure.yaml')
    expect(asObject(at(site, 'tags'))['azd-service-name']).toBe('api')
    expect(azure).toMatch(/^ {2}api:$/m)
    expect(azure).toMatch(/^ {4}dist: dist\/app$/m)
    expect(azure).toMatch(/^ {4}host: function$/m)
    // The bundle is deployed as it was tested, not built once more in the cloud.
    expect(azure).toMatch(/^ {4}remoteBuild: false$/m)
  })

  it('takes its package from storage by an identity that only deploys', () => {
    const plan = resourcesOf('everything')
    const storage = asObject(at(site, 'properties.functionAppConfig.deployment.storage'))
    expect(storage['type']).toBe('blobContainer')
    expect(asObject(storage['authentication'])['type']).toBe('UserAssignedIdentity')
    const container = single(plan, 'Microsoft.Storage/storageAccounts/blobServices/containers')
    expect(stringOf(storage['value'])).toMatch(
      new RegExp(`^https://stcode\\w+\\.blob\\.core\\.windows\\.net/${ownNameOf(container)}$`),
    )
  })

  it('is reached by https only, without passwords of a publishing profile', () => {
    expect(at(site, 'properties.httpsOnly')).toBe(true)
    expect(at(site, 'properties.siteConfig.minTlsVersion')).toBe('1.2')
    const policies = resourcesOf('dev').filter(({ type }) =>
      type.endsWith('/basicPublishingCredentialsPolicies'),
    )
    expect(policies.map((policy) => [ownNameOf(policy), at(policy, 'properties.allow')])).toEqual([
      ['ftp', false],
      ['scm', false],
    ])
  })

  it('leaves CORS to the platform, for the origins that are given and no other', () => {
    expect(asList(at(siteOf('dev'), 'properties.siteConfig.cors.allowedOrigins'))).toEqual([])
    const origins = ['https://app.example.com']
    expect(at(siteOf('existing-analytics'), 'properties.siteConfig.cors')).toEqual({
      allowedOrigins: origins,
      supportCredentials: false,
    })
  })

  it('goes out through the private network only where there is one', () => {
    expect(at(siteOf('dev'), 'properties.virtualNetworkSubnetId')).toBe(null)
    expect(at(site, 'properties.virtualNetworkSubnetId')).toMatch(/\/subnets\/app$/)
  })
})

describe('host.json', () => {
  it('agrees with what stands around it', () => {
    // Every route spells api/ itself, and so do the addresses that the smoke test and the hooks use.
    expect(hostFile).toMatchObject({ version: '2.0', extensions: { http: { routePrefix: '' } } })
  })

  it('has a time limit below the lock of a command, so that no message is worked on twice at once', () => {
    const [hours = 0, minutes = 0, seconds = 0] = hostFile.functionTimeout.split(':').map(Number)
    const { queues } = z
      .object({ queues: z.record(z.string(), z.object({ lockDuration: z.string() })) })
      .parse(jsonOfFile('infra/service-bus/queues.json'))
    const lockMinutes = Number(/^PT(\d+)M$/.exec(queues['trickle-commands']?.lockDuration ?? '')?.[1])
    expect((hours * 60 + minutes) * 60 + seconds).toBeLessThanOrEqual(lockMinutes * 60)
  })

  it('asks for no setting or file that is not deployed', () => {
    const text = textOfFile('host.json')
    expect([...text.matchAll(/%(\w+)%/g)].map(([, name]) => name)).toEqual([])
    // Bundles of extensions are downloaded by the platform; there is none to hold equal as long as none is named.
    expect(text).not.toContain('extensionBundle')
  })
})
