import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { instanceLimits } from '../../../shared/postgres/index.ts'
import { otherSide, SIDES } from '../../../shared/sides/index.ts'
import type { Side } from '../../../shared/sides/index.ts'
import { parametersOf, resourcesOf } from './snapshots.ts'
import { asObject, at, jsonOfFile, ownNameOf, siteOf, SIZES, stringOf, textOfFile } from './support.ts'

const packageFile = z
  .object({ devDependencies: z.object({ node: z.string() }) })
  .parse(jsonOfFile('package.json'))

const { services } = z
  .object({ services: z.record(z.string(), z.unknown()) })
  .parse(parse(textOfFile('azure.yaml')))

/** The host makes its id of so many letters of the app's name. */
const HOST_ID_LENGTH = 32

const hostFile = z
  .object({
    version: z.string(),
    functionTimeout: z.string(),
    extensionBundle: z.object({ id: z.string(), version: z.string() }),
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
        backgroundInstances: z.number(),
        alwaysReadyHttp: z.number(),
      }),
    }),
  )
  .parse(jsonOfFile('infra/sizes.json'))

describe.each(SIDES)('the %s app', (side) => {
  const site = siteOf('everything', side)

  it('runs on the Node that everything is built and tested with', () => {
    const [major] = packageFile.devDependencies.node.split('.')
    const target = /target: 'node(\d+)'/.exec(textOfFile('tools/build.ts'))?.[1]
    expect(at(site, 'properties.functionAppConfig.runtime')).toEqual({ name: 'node', version: major })
    expect(target).toBe(major)
  })

  it.each(SIZES)('has the instances of size %s', (size) => {
    const scale = asObject(at(siteOf(size, side), 'properties.functionAppConfig.scaleAndConcurrency'))
    const rules = sizesFile[size]?.functions
    const isPublic = side === 'public'
    const ready = isPublic ? rules?.alwaysReadyHttp : 0
    expect(scale).toMatchObject({
      instanceMemoryMB: rules?.instanceMemoryMb,
      maximumInstanceCount: isPublic ? rules?.maximumInstances : rules?.backgroundInstances,
      triggers: { http: { perInstanceConcurrency: instanceLimits.httpConcurrency } },
      alwaysReady: ready === 0 ? [] : [{ name: 'http', instanceCount: ready }],
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
    const config = asObject(at(siteOf(shape, side), 'properties.functionAppConfig'))
    expect(config['siteUpdateStrategy']).toEqual(strategy)
  })

  it('is where azd deploys what the build makes', () => {
    const name = side === 'public' ? 'api' : side
    expect(asObject(at(site, 'tags'))['azd-service-name']).toBe(name)
    expect(services[name]).toEqual({
      project: '.',
      dist: 'dist/app',
      language: 'ts',
      host: 'function',
      // The bundle is deployed as it was tested, not built once more in the cloud.
      remoteBuild: false,
    })
  })

  it('takes its package from storage of its own, by the identity that the platform uses', () => {
    const storage = asObject(at(site, 'properties.functionAppConfig.deployment.storage'))
    expect(storage['type']).toBe('blobContainer')
    const authentication = asObject(storage['authentication'])
    expect(authentication['type']).toBe('UserAssignedIdentity')
    expect(authentication['userAssignedIdentityResourceId']).toMatch(new RegExp(`/id-platform-${side}-\\w+$`))
    const [, account] =
      /^https:\/\/(stcode\w+)\.blob\.core\.windows\.net\/app-package$/.exec(stringOf(storage['value'])) ?? []
    const names = resourcesOf('everything').map(({ name }) => name)
    expect(names).toContain(`${account}/default/app-package`)
    const other = siteOf('everything', otherSide(side))
    expect(at(other, 'properties.functionAppConfig.deployment.storage.value')).not.toBe(storage['value'])
  })

  it('has a plan of its own, and a name that differs from the other in what the host makes its id of', () => {
    const other = siteOf('everything', otherSide(side))
    expect(at(site, 'properties.serverFarmId')).not.toBe(at(other, 'properties.serverFarmId'))
    expect(site.name.slice(0, HOST_ID_LENGTH)).not.toBe(other.name.slice(0, HOST_ID_LENGTH))
  })

  it('is reached by https only, without passwords of a publishing profile', () => {
    expect(at(site, 'properties.httpsOnly')).toBe(true)
    expect(at(site, 'properties.siteConfig.minTlsVersion')).toBe('1.2')
    const policies = resourcesOf('everything').filter(
      ({ type, name }) =>
        type.endsWith('/basicPublishingCredentialsPolicies') && name.startsWith(`${site.name}/`),
    )
    expect(policies.map((policy) => [ownNameOf(policy), at(policy, 'properties.allow')])).toEqual([
      ['ftp', false],
      ['scm', false],
    ])
  })

  it('goes out through the private network only where there is one', () => {
    expect(at(siteOf('dev', side), 'properties.virtualNetworkSubnetId')).toBe(null)
    expect(at(site, 'properties.virtualNetworkSubnetId')).toMatch(new RegExp(`/subnets/app-${side}$`))
  })
})

describe('the apps', () => {
  it('are described with the number of requests that an instance gets', () => {
    for (const page of ['docs/host-json.md', 'docs/benchmarks.md']) {
      const lines = textOfFile(page)
        .split('\n')
        .filter((line) => line.includes('`instanceLimits.httpConcurrency`'))
      expect([page, lines.length > 0]).toEqual([page, true])
      for (const line of lines) expect(line).toMatch(new RegExp(`\\b${instanceLimits.httpConcurrency}\\b`))
    }
  })

  it('leave CORS to the platform: the public one for the origins that are given, the other for none', () => {
    const allowed = (shape: string, side: Side) => at(siteOf(shape, side), 'properties.siteConfig.cors')
    expect(allowed('dev', 'public')).toEqual({ allowedOrigins: [], supportCredentials: false })
    expect(allowed('existing-analytics', 'public')).toEqual({
      allowedOrigins: ['https://app.example.com'],
      supportCredentials: false,
    })
    expect(allowed('existing-analytics', 'background')).toEqual({
      allowedOrigins: [],
      supportCredentials: false,
    })
  })

  it('are the services of azure.yaml, and its only ones', () => {
    expect(Object.keys(services)).toEqual(['api', 'background'])
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
    // The platform brings it. Its major version 4 has version 5 of the Service Bus extension, which the local host imitates.
    expect(hostFile.extensionBundle).toEqual({
      id: 'Microsoft.Azure.Functions.ExtensionBundle',
      version: '[4.*, 5.0.0)',
    })
  })
})
