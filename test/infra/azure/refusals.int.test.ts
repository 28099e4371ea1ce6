import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { CompiledTemplate, hasBicep, requireBicep } from '../../support/bicep-cli.ts'
import { reads, refused } from './refused-parameters.ts'
import { snapshotIn } from './snapshots.ts'
import type { Given, Snapshot } from './snapshots.ts'
import { at, fileOf, jsonOfFile, ofType, ownNameOf, required, single } from './support.ts'

requireBicep()

describe.skipIf(!hasBicep())('main.bicep', () => {
  let template: CompiledTemplate
  beforeAll(async () => {
    template = await CompiledTemplate.of(fileOf('infra/main.bicep'))
  })
  afterAll(() => template.close())

  async function refusalOf(given: Readonly<Record<string, unknown>>): Promise<string> {
    const outcome = await template.try(given)
    return 'refusal' in outcome ? outcome.refusal : 'accepted'
  }

  async function madeWith(given: Given): Promise<Snapshot> {
    const outcome = await template.try({ ...required, ...given })
    if ('refusal' in outcome) throw new Error(outcome.refusal)
    return snapshotIn(outcome.snapshot)
  }

  it.each(refused)('refuses %s', async (_, given, message) => {
    const refusal = await refusalOf({ ...required, ...given })
    const [, list = ''] = /This can not be deployed\.\n([\s\S]*?)\. Please see /.exec(refusal) ?? []
    const problems = list.split('\n')
    expect(problems).toEqual([expect.stringMatching(message)])
    // The message is of use: it names the variable first and ends with what to set.
    expect(problems[0]).toMatch(/^[A-Za-z_. ]+: |^TRICKLE_\w+ with TRICKLE_\w+ /)
    expect(problems[0]).toMatch(/\.$/)
  })

  it('tells all that is wrong at once', async () => {
    const given = { size: 'dev', replicas: [reads], highAvailability: 'sameZone', analytics: 'existing' }
    expect(await refusalOf({ ...required, ...given })).toMatch(
      /TRICKLE_REPLICAS.*\nTRICKLE_HIGH_AVAILABILITY.*\nTRICKLE_ANALYTICS_URL/,
    )
  })

  it.each<[string, Given]>([
    ['an unknown size', { size: 'huge' }],
    ['an unknown network', { network: 'hidden' }],
    ['a replica for nothing', { size: 'scale', replicas: [{ name: 'near', purpose: 'fun' }] }],
    ['a replica with a misspelt member', { size: 'scale', replicas: [{ ...reads, region: 'northeurope' }] }],
    ['an administrator without a name', { postgresAdministrators: [{ objectId: 'x', type: 'User' }] }],
    ['an unknown tenant key', { authTenantKey: 'name' }],
    ['a number for a switch', { virtualEndpoint: 1 }],
    ['a parameter that there is not', { sizes: 'dev' }],
  ])('refuses %s, by the type of the parameter', async (_, given) => {
    expect(await refusalOf({ ...required, ...given })).toMatch(
      /expected a value of type|required properties: "name"|without being declared|property "region" is not allowed/i,
    )
  })

  it.each(Object.keys(required))('does not go on without %s', async (name) => {
    const { [name]: _, ...others } = required as Readonly<Record<string, string>>
    expect(await refusalOf(others)).toContain(`"${name}"`)
  })

  it('never refuses a long name, which is cut instead', async () => {
    const { resources } = await madeWith({ environmentName: 'a'.repeat(64) })
    for (const resource of resources) {
      const limit =
        resource.type === 'Microsoft.Resources/resourceGroups'
          ? 90
          : resource.type.includes('Storage')
            ? 24
            : 63
      expect([resource.id, ownNameOf(resource).length <= limit]).toEqual([resource.id, true])
    }
  })

  it('keeps a sign of equality in the setting of a context', async () => {
    const { resources } = await madeWith({ contextSettings: ['TRICKLE_EVENTS_SSE_VIEWERS_MAX=a=b'] })
    const settings = single(
      resources.filter(({ name }) => name.startsWith('func-background-')),
      'Microsoft.Web/sites/config',
    )
    expect(at(settings, 'properties.TRICKLE_EVENTS_SSE_VIEWERS_MAX')).toBe('a=b')
    expect(at(settings, 'properties.TRICKLE_FORWARDING_SCHEDULE')).toBe('*/10 * * * * *')
  })

  it('shows the administrators of a server also where only Azure knows who deploys', async () => {
    const administrators = [{ objectId: '00000000-0000-4000-8000-00000000000a', name: 'all', type: 'Group' }]
    const { resources } = await madeWith({ postgresAdministrators: administrators })
    const [deployer, other, ...more] = ofType(
      resources,
      'Microsoft.DBforPostgreSQL/flexibleServers/administrators',
    )
    expect(more).toEqual([])
    expect(deployer?.name).toContain('deployer().objectId')
    expect(other?.name).toMatch(/\/00000000-0000-4000-8000-00000000000a$/)
    // Left out where the two are one.
    expect(at(other ?? { body: {} }, 'condition')).toContain('deployer().objectId')
  })
})

/** A subscription of a topic, as a context describes one. */
const ordered = {
  lockDuration: 'PT1M',
  maxDeliveryCount: 10,
  defaultMessageTimeToLive: 'P7D',
  requiresSession: true,
  deadLetteringOnMessageExpiration: true,
}

/** The template of a product with other queues and topics. */
async function templateWith(file: object): Promise<CompiledTemplate> {
  const folder = await mkdtemp(join(tmpdir(), 'trickle-infra-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await cp(fileOf('infra'), folder, { recursive: true })
  await writeFile(join(folder, 'service-bus', 'queues.json'), JSON.stringify(file))
  const template = await CompiledTemplate.of(join(folder, 'main.bicep'))
  onTestFinished(() => template.close())
  return template
}

const { queues } = jsonOfFile('infra/service-bus/queues.json') as { queues: object }

describe.skipIf(!hasBicep())('a template whose product publishes', () => {
  it('makes each topic with its subscriptions, and lets the worker alone send to it', async () => {
    const topics = {
      'trickle-orders': {
        defaultMessageTimeToLive: 'P7D',
        sender: ['worker'],
        subscriptions: { shipping: ordered, billing: { ...ordered, requiresSession: false } },
      },
    }
    const template = await templateWith({ queues, topics, ofContexts: ['trickle-orders'] })
    const made = await template.try({ ...required, serviceBusTier: 'bySize' })
    if (!('snapshot' in made)) throw new Error(made.refusal)
    const { resources } = snapshotIn(made.snapshot)
    const subscriptions = ofType(resources, 'Microsoft.ServiceBus/namespaces/topics/subscriptions')
    expect(
      subscriptions.map((one) => [one.name.split('/').slice(1), at(one, 'properties.requiresSession')]),
    ).toEqual([
      [['trickle-orders', 'billing'], false],
      [['trickle-orders', 'shipping'], true],
    ])
    const rights = ofType(resources, 'Microsoft.Authorization/roleAssignments').filter(({ id }) =>
      id.includes('/topics/trickle-orders/'),
    )
    expect(rights).toHaveLength(1)
  })
})

describe.skipIf(!hasBicep())('a template whose product receives messages', () => {
  it('is refused without Service Bus, since the host could not start that function', async () => {
    const template = await templateWith({ queues, topics: {}, ofContexts: ['trickle-orders'] })
    expect(await template.try({ ...required, serviceBusTier: 'off' })).toEqual({
      refusal: expect.stringMatching(/TRICKLE_SERVICE_BUS_TIER: .*trickle-orders.* bySize\./),
    })
    expect(await template.try({ ...required, serviceBusTier: 'bySize' })).toHaveProperty('snapshot')
  })
})
