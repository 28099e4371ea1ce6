import { describe, expect, it } from 'vitest'
import { SIDES } from '../../../shared/sides/index.ts'
import type { Side } from '../../../shared/sides/index.ts'
import { principalOf } from './made-up-values.ts'
import { resourcesOf, shapes } from './snapshots.ts'
import { asObject, at, ofType, siteOf, stringOf, targetOf } from './support.ts'

/**
 * An identity that stands on a site is open to all code of the site: whoever gets code to run in one handler has it. So
 * this is what a fault in one handler reaches.
 */
const standing: Readonly<Record<Side, readonly string[]>> = {
  public: ['platform-public', 'app'],
  background: ['platform-background', 'worker', 'forwarder', 'operator'],
}

const MESSAGE_QUEUES = ['trickle-commands', 'trickle-events', 'trickle-events-ordered']

/** What each identity may do in Azure, beside its login to the database: a role on a resource. */
const may: Readonly<Record<string, readonly string[]>> = {
  'platform-public': [
    'Storage Blob Data Owner on sthostpub',
    'Storage Blob Data Contributor on stcodepub',
    'Monitoring Metrics Publisher on appi',
  ],
  'platform-background': [
    'Storage Blob Data Owner on sthostback',
    'Storage Blob Data Contributor on stcodeback',
    'Monitoring Metrics Publisher on appi',
  ],
  app: ['trickle-nudges', ...MESSAGE_QUEUES].map((queue) => `Service Bus Data Sender on ${queue}`),
  worker: [
    'Service Bus Data Sender on trickle-nudges',
    ...MESSAGE_QUEUES.map((queue) => `Service Bus Data Receiver on ${queue}`),
  ],
  forwarder: ['Service Bus Data Receiver on trickle-nudges'],
  // To send what failed again, and to take it out of the dead-letter queue.
  operator: ['trickle-nudges', ...MESSAGE_QUEUES].flatMap((queue) => [
    `Service Bus Data Sender on ${queue}`,
    `Service Bus Data Receiver on ${queue}`,
  ]),
}

const roles: Readonly<Record<string, string>> = {
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b': 'Storage Blob Data Owner',
  'ba92f5b4-2d11-453d-a403-e96b0029c9fe': 'Storage Blob Data Contributor',
  '3913510d-42f4-4e42-8a64-420c390055eb': 'Monitoring Metrics Publisher',
  '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39': 'Service Bus Data Sender',
  '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0': 'Service Bus Data Receiver',
}

/** `id-worker-<token>` is the worker. */
const roleOfName = (name: string): string => /^id-([a-z-]+)-\w{13}$/.exec(name)?.[1] ?? name

/** Names end with 13 letters and digits that belong to the environment. */
const withoutToken = (id: string): string => (id.split('/').at(-1) ?? '').replace(/-?\w{13}$/, '')

const standingOn = (shape: string, side: Side): string[] =>
  Object.keys(asObject(at(siteOf(shape, side), 'identity.userAssignedIdentities'))).map((id) =>
    roleOfName(id.split('/').at(-1) ?? ''),
  )

describe.each(shapes)('identities of the shape %s', (shape) => {
  it.each(SIDES)('that stand on the %s app are these, and no other', (side) => {
    expect(at(siteOf(shape, side), 'identity.type')).toBe('UserAssigned')
    expect(standingOn(shape, side).toSorted()).toEqual(standing[side].toSorted())
  })

  it('stand on one app each: code in a handler of the public app reaches the login of tenants alone', () => {
    const both = SIDES.flatMap((side) => standingOn(shape, side))
    expect(new Set(both).size).toBe(both.length)
    for (const login of ['worker', 'forwarder', 'operator'])
      expect(standingOn(shape, 'public')).not.toContain(login)
  })
})

it('an identity may do what is said here, and nothing else', () => {
  const plan = resourcesOf('everything')
  const names = new Map(
    ofType(plan, 'Microsoft.ManagedIdentity/userAssignedIdentities').map(({ id, name }) => [
      principalOf(id),
      roleOfName(name),
    ]),
  )
  const given: Record<string, string[]> = Object.fromEntries(Object.keys(may).map((name) => [name, []]))
  for (const right of ofType(plan, 'Microsoft.Authorization/roleAssignments')) {
    const role = roles[stringOf(at(right, 'properties.roleDefinitionId')).split('/').at(-1) ?? '']
    const who = names.get(stringOf(at(right, 'properties.principalId'))) ?? ''
    const target = targetOf(right)
    const on = target.includes('/queues/') ? (target.split('/').at(-1) ?? '') : withoutToken(target)
    // The server's own identity, for its key, stands on no app.
    if (role !== undefined) given[who]?.push(`${role} on ${on}`)
  }
  for (const [who, rights] of Object.entries(may))
    expect([who, given[who]?.toSorted()]).toEqual([who, rights.toSorted()])
})

describe('the package of an app', () => {
  const plan = resourcesOf('everything')
  const services = ofType(plan, 'Microsoft.Storage/storageAccounts/blobServices')

  it('is kept in each version: its identity may overwrite it, and only Owner may delete a version', () => {
    const versioned = services.map(({ name, body }) => [
      withoutToken(name.split('/')[0] ?? ''),
      at({ body }, 'properties.isVersioningEnabled'),
    ])
    expect(Object.fromEntries(versioned)).toEqual({
      sthostpub: false,
      sthostback: false,
      stcodepub: true,
      stcodeback: true,
    })
    for (const side of SIDES)
      expect(may[`platform-${side}`]).not.toContainEqual(expect.stringMatching(/Owner on stcode/))
  })

  it('comes back for a week when it is deleted, and its container', () => {
    for (const service of services) {
      expect(at(service, 'properties.deleteRetentionPolicy')).toEqual({ enabled: true, days: 7 })
      expect(at(service, 'properties.containerDeleteRetentionPolicy')).toEqual({ enabled: true, days: 7 })
    }
  })

  it('is watched: a write or delete by another identity than the app’s own raises an alert', () => {
    const [rule, ...more] = ofType(plan, 'Microsoft.Insights/scheduledQueryRules').filter(({ name }) =>
      name.startsWith('package-writes-'),
    )
    expect(more).toEqual([])
    const [criterion] = at(rule ?? { body: {} }, 'properties.criteria.allOf') as readonly { query: string }[]
    const query = criterion?.query ?? ''
    for (const side of SIDES) {
      const account = services.find(({ name }) =>
        name.startsWith(side === 'public' ? 'stcodepub' : 'stcodeback'),
      )
      const identity = ofType(plan, 'Microsoft.ManagedIdentity/userAssignedIdentities').find(({ name }) =>
        name.startsWith(`id-platform-${side}-`),
      )
      expect(query).toContain(`"${account?.name.split('/')[0]}"`)
      expect(query).toContain(`/${identity?.name}'`)
    }
    expect(query).toMatch(/StorageWrite.*StorageDelete/)
    const logged = ofType(plan, 'Microsoft.Insights/diagnosticSettings').filter(({ id }) =>
      /\/storageAccounts\/stcode/.test(id),
    )
    expect(logged.map((one) => at(one, 'properties.logs'))).toEqual(
      SIDES.map(() => [
        { category: 'StorageWrite', enabled: true },
        { category: 'StorageDelete', enabled: true },
      ]),
    )
  })
})
