import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { SIDES } from '../../../shared/sides/index.ts'
import { compilerOf, staleness } from '../../../tools/snapshots/index.ts'
import { filled, isExpression } from './made-up-values.ts'
import { parametersOf, resourcesOf, shapes, snapshotOf } from './snapshots.ts'
import { at, fileOf, jsonOfFile, ofType, ownNameOf, required, siteOf, SIZES, textOfFile } from './support.ts'

const snapshotSchema = z.object({
  predictedResources: z.array(
    z.looseObject({
      id: z.string(),
      type: z.string(),
      name: z.string(),
      condition: z.unknown().optional(),
      properties: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
  diagnostics: z.array(z.string()),
})

/** As the engine wrote it, with its expressions. */
const written = (shape: string) => snapshotSchema.parse(JSON.parse(snapshotOf(shape).text))

describe('infra/snapshots', () => {
  it('are of what infra/ holds now; `npm run generate` makes them again', async () => {
    expect(await staleness(fileOf('infra'))).toEqual([])
  })

  it('are made by the newest CLI that .ci/run has', async () => {
    const [, versions = ''] = /Version="([^"]+)"/.exec(textOfFile('tools/bicep-cli/bicep-cli.csproj')) ?? []
    const newest = versions.split(';').at(-1)
    expect(`[${await compilerOf(fileOf('infra'))}]`).toBe(newest)
  })

  it('have one of each size with nothing else chosen', () => {
    expect(Object.keys(jsonOfFile('infra/sizes.json') as object)).toEqual([...SIZES])
    const principalId = '00000000-0000-4000-8000-000000000003'
    for (const size of SIZES) expect(parametersOf(size)).toEqual({ ...required, principalId, size })
  })

  it('have each part of the template, switched on in one and off in another', () => {
    const values = (name: string) => new Set(shapes.map((shape) => JSON.stringify(parametersOf(shape)[name])))
    for (const name of [
      'network',
      'replicas',
      'virtualEndpoint',
      'elasticClusterNodes',
      'customerManagedKey',
      'analytics',
      'cache',
      'serviceBusTier',
      'rollingUpdate',
    ])
      expect([name, values(name).size > 1]).toEqual([name, true])
    expect([...values('analytics')].toSorted()).toEqual(['"existing"', '"new"', undefined])
  })
})

describe.each(shapes)('what is known of the shape %s before it is deployed', (shape) => {
  const { predictedResources, diagnostics } = written(shape)

  it('is each resource by its name, and none under a condition', () => {
    expect(diagnostics).toEqual([])
    expect(predictedResources.length).toBeGreaterThan(30)
    const unknown = predictedResources.filter(
      ({ id, name, condition }) => isExpression(id) || isExpression(name) || condition !== undefined,
    )
    expect(unknown.map(({ type, name }) => `${type} ${name}`)).toEqual([])
  })

  it.each(SIDES)(
    'is each setting of the %s app, or the one property of a resource that it is made of',
    (side) => {
      const { name: site } = siteOf(shape, side)
      const settings = predictedResources.find(({ name }) => name === `${site}/appsettings`)?.properties ?? {}
      expect(Object.keys(settings).length).toBeGreaterThan(15)
      for (const [name, value] of Object.entries(settings)) {
        expect([name, typeof value]).toEqual([name, 'string'])
        const text = String(value)
        if (!isExpression(text)) continue
        expect([name, text.match(/\breference\(/g)?.length]).toEqual([name, 1])
        // Nothing else in it is left to be found out: every call is filled by one made-up value.
        expect([name, isExpression(filled(text))]).toEqual([name, false])
      }
    },
  )

  it('is all but what Azure alone knows: a property of a resource, or who deploys', () => {
    const expressions: string[] = []
    JSON.stringify(predictedResources, (_, value: unknown) => {
      if (typeof value === 'string' && isExpression(value)) expressions.push(value)
      return value
    })
    expect(expressions.filter((text) => !/\b(?:reference|deployer)\(/.test(text))).toEqual([])
    // A reference to a deployment would be an output that hides what it is made of.
    expect(expressions.filter((text) => text.includes('Microsoft.Resources/deployments'))).toEqual([])
  })
})

describe.each(['everything', 'private'])('the network of the shape %s', (shape) => {
  const plan = resourcesOf(shape)
  const zones = ofType(plan, 'Microsoft.Network/privateDnsZones').map(({ id }) => id)

  it('has every zone that an endpoint has its name in, linked to the network', () => {
    const used = ofType(plan, 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups').flatMap((group) =>
      [...JSON.stringify(group.body).matchAll(/"privateDnsZoneId":"([^"]+)"/g)].map(([, id = '']) => id),
    )
    expect(used.length).toBeGreaterThan(2)
    expect([...new Set(used)].toSorted()).toEqual(zones.toSorted())
    const links = ofType(plan, 'Microsoft.Network/privateDnsZones/virtualNetworkLinks')
    expect(links.map(({ id }) => id.split('/virtualNetworkLinks/')[0] ?? '').toSorted()).toEqual(
      zones.toSorted(),
    )
  })

  it('has the subnets that apps and endpoints are told to use', () => {
    const [network] = ofType(plan, 'Microsoft.Network/virtualNetworks')
    const subnets = at(network ?? { body: {} }, 'properties.subnets') as readonly { name: string }[]
    const ids = new Set(subnets.map(({ name }) => `${network?.id}/subnets/${name}`))
    const told = ofType(plan, 'Microsoft.Network/privateEndpoints').map((one) =>
      at(one, 'properties.subnet.id'),
    )
    told.push(...SIDES.map((side) => at(siteOf(shape, side), 'properties.virtualNetworkSubnetId')))
    expect(new Set(told)).toEqual(ids)
  })

  it('has nothing of the public shape in it', () => {
    expect(ofType(resourcesOf('standard'), 'Microsoft.Network/virtualNetworks')).toEqual([])
    expect(zones.map((id) => ownNameOf({ name: id })).every((name) => name.startsWith('privatelink.'))).toBe(
      true,
    )
  })
})
