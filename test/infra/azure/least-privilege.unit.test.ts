import { describe, expect, it } from 'vitest'
import { principalOf } from './made-up-values.ts'
import { parametersOf, resourcesOf, shapes } from './snapshots.ts'
import type { SnapshotResource, Value } from './snapshots.ts'
import { at, ofType, stringOf, targetOf } from './support.ts'

/**
 * Every role that the template gives, by its id, on what it gives it, and why it is the least that does. A role that is
 * not on this list is refused, Owner and Contributor of resources above all.
 */
const allowedRights: Readonly<Record<string, { readonly on: RegExp; readonly why: string }>> = {
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b': {
    on: /\/storageAccounts\/sthost\w+$/,
    why: 'Storage Blob Data Owner: what the platform documents as the least for the host’s own storage; an account of its own',
  },
  'ba92f5b4-2d11-453d-a403-e96b0029c9fe': {
    on: /\/storageAccounts\/stcode\w+$/,
    why: 'Storage Blob Data Contributor: azd uploads the package, the platform reads it',
  },
  '3913510d-42f4-4e42-8a64-420c390055eb': {
    on: /\/components\/appi-\w+$/,
    why: 'Monitoring Metrics Publisher: telemetry, with local authentication off',
  },
  '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39': {
    on: /\/namespaces\/sb-\w+\/queues\/[\w-]+$/,
    why: 'Service Bus Data Sender, on one queue',
  },
  '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0': {
    on: /\/namespaces\/sb-\w+\/queues\/[\w-]+$/,
    why: 'Service Bus Data Receiver, on one queue',
  },
  'e147488a-f6f5-4113-8e2d-b22465e65bf6': {
    on: /\/vaults\/kv-\w+\/keys\/postgres$/,
    why: 'Key Vault Crypto Service Encryption User, on one key',
  },
}

const roleOf = ({ body }: SnapshotResource): string =>
  stringOf(at({ body }, 'properties.roleDefinitionId')).split('/').at(-1) ?? ''

describe.each(shapes)('rights in a deployment of the shape %s', (shape) => {
  const plan = resourcesOf(shape)
  const assignments = ofType(plan, 'Microsoft.Authorization/roleAssignments')
  const identities = new Set<Value | undefined>(
    ofType(plan, 'Microsoft.ManagedIdentity/userAssignedIdentities').map(({ id }) => principalOf(id)),
  )

  it('are on the list, each on one resource', () => {
    expect(assignments.length).toBeGreaterThan(2)
    for (const assignment of assignments) {
      const allowed = allowedRights[roleOf(assignment)]
      expect([assignment.id, allowed?.on.test(targetOf(assignment))]).toEqual([assignment.id, true])
    }
  })

  it('are given to identities of this deployment, whose type is said', () => {
    for (const { id, body } of assignments) {
      expect([id, identities.has(at({ body }, 'properties.principalId'))]).toEqual([id, true])
      // Without it a principal that is seconds old is "not found" while the directory replicates.
      expect([id, at({ body }, 'properties.principalType')]).toEqual([id, 'ServicePrincipal'])
    }
  })

  it('are given once each: names tell them apart', () => {
    expect(new Set(assignments.map(({ id }) => id)).size).toBe(assignments.length)
  })

  it('in Data Explorer are to send, and nothing more', () => {
    for (const { body } of ofType(plan, 'Microsoft.Kusto/clusters/databases/principalAssignments'))
      expect(at({ body }, 'properties.role')).toBe('Ingestor')
  })
})

it('every right on the list is given by some deployment', () => {
  const given = new Set(
    ofType(resourcesOf('everything'), 'Microsoft.Authorization/roleAssignments').map(roleOf),
  )
  expect([...given].toSorted()).toEqual(Object.keys(allowedRights).toSorted())
})

/** What switches keys and passwords off, and what public access is called, by type of resource. */
const withoutKeys: Readonly<Record<string, Readonly<Record<string, Value>>>> = {
  'Microsoft.Storage/storageAccounts': { allowSharedKeyAccess: false, allowBlobPublicAccess: false },
  'Microsoft.ServiceBus/namespaces': { disableLocalAuth: true },
  'Microsoft.Insights/components': { DisableLocalAuth: true },
  'Microsoft.OperationalInsights/workspaces': { 'features.disableLocalAuth': true },
  'Microsoft.KeyVault/vaults': { enableRbacAuthorization: true, publicNetworkAccess: 'Disabled' },
  'Microsoft.Cache/redisEnterprise/databases': { accessKeysAuthentication: 'Disabled' },
}

/** Services that hold data: private where the network is. */
const WITH_DATA = [
  'Microsoft.Storage/storageAccounts',
  'Microsoft.ServiceBus/namespaces',
  'Microsoft.Kusto/clusters',
  'Microsoft.Cache/redisEnterprise',
]

const SERVER = 'Microsoft.DBforPostgreSQL/flexibleServers'

const publicAccessOf = (resource: SnapshotResource): Value | undefined =>
  at(
    resource,
    resource.type === SERVER ? 'properties.network.publicNetworkAccess' : 'properties.publicNetworkAccess',
  )

describe.each(shapes)('doors in a deployment of the shape %s', (shape) => {
  const plan = resourcesOf(shape)
  const isPrivate = parametersOf(shape)['network'] === 'private'

  it('open by no key', () => {
    for (const resource of plan) {
      for (const [name, value] of Object.entries(withoutKeys[resource.type] ?? {}))
        expect([resource.id, name, at(resource, `properties.${name}`)]).toEqual([resource.id, name, value])
    }
    expect(JSON.stringify(plan)).not.toMatch(/listKeys|administratorLoginPassword|listConnectionStrings/)
  })

  it('of PostgreSQL open by Entra ID only', () => {
    // A replica gets its authentication by the update that follows its creation.
    const servers = ofType(plan, SERVER).filter(
      ({ body }) => at({ body }, 'properties.createMode') !== 'Replica',
    )
    expect(servers.length).toBeGreaterThan(0)
    for (const server of servers)
      expect(at(server, 'properties.authConfig')).toMatchObject({
        activeDirectoryAuth: 'Enabled',
        passwordAuth: 'Disabled',
      })
  })

  it('are public only as the network says', () => {
    const services = plan.filter(({ type }) => WITH_DATA.includes(type) || type === SERVER)
    expect(services.length).toBeGreaterThan(2)
    for (const service of services)
      expect([service.id, publicAccessOf(service)]).toEqual([service.id, isPrivate ? 'Disabled' : 'Enabled'])
  })

  it('have an endpoint each in the private network, and a rule for Azure’s addresses in the public one', () => {
    const endpoints = ofType(plan, 'Microsoft.Network/privateEndpoints')
    const named = new Set(
      plan.filter(({ type }) => WITH_DATA.includes(type) || type === SERVER).map(({ id }) => id),
    )
    const targets = endpoints.map(({ body }) => {
      const [connection] = at({ body }, 'properties.privateLinkServiceConnections') as readonly {
        properties: { privateLinkServiceId: string }
      }[]
      return connection?.properties.privateLinkServiceId ?? ''
    })
    expect(targets.toSorted()).toEqual(isPrivate ? [...named].toSorted() : [])
    const rules = ofType(plan, `${SERVER}/firewallRules`)
    expect(rules.length > 0).toBe(!isPrivate)
    for (const { body } of rules)
      expect(at({ body }, 'properties')).toEqual({ startIpAddress: '0.0.0.0', endIpAddress: '0.0.0.0' })
  })
})
