import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { DigestOfResource } from '../../../tools/snapshots/index.ts'
import { readParameters, readSizes, SIZES } from './postgres-sizes.ts'
import { resourcesOf, shapes, snapshotOf, template } from './snapshots.ts'
import { at, jsonOfFile, ofType, ownNameOf, stringOf } from './support.ts'

const folder = fileURLToPath(new URL('../../../infra/modules/postgres/', import.meta.url))
const RETRIES = [
  ['ServerIsBusy', 'ServerBusy', 'Conflict', 'AadAuthOperationCannotBePerformedWhenServerIsNotAccessible'],
  6,
]
const FAMILY = 'platform/postgres/'
const REPLICA = `${FAMILY}replica/`
const SERVER = 'Microsoft.DBforPostgreSQL/flexibleServers'

/** What stands in the modules of the family, by its place in the compiled template. */
const declared = Object.entries(template.resources).filter(([place]) => place.startsWith(FAMILY))

/** Without the API version. */
const typeOf = ({ type }: DigestOfResource): string => type.split('@')[0] ?? ''

const writes = declared.filter(
  ([, one]) => typeOf(one).startsWith('Microsoft.DBforPostgreSQL/') && one.existing !== true,
)

describe('writes to a server', () => {
  it('are tried again while the server is busy, each in the same way', () => {
    const ofPrimary = writes.filter(([place]) => !place.startsWith(REPLICA))
    expect(ofPrimary.map(([, one]) => typeOf(one).split('/').at(-1) ?? '').toSorted()).toEqual([
      'administrators',
      'administrators',
      'configurations',
      'firewallRules',
      'flexibleServers',
      'virtualendpoints',
    ])
    expect(writes.length).toBeGreaterThan(ofPrimary.length)
    for (const [place, { options }] of writes) expect([place, options?.['retryOn']]).toEqual([place, RETRIES])
  })

  it('come one at a time where there are several', () => {
    const loops = declared.filter(([, { isLoop }]) => isLoop === true)
    expect(loops.map(([place, { batchSize }]) => [place, batchSize])).toEqual([
      [`${FAMILY}access/entra`, 1],
      [`${FAMILY}configurations/parameter`, 1],
      [`${FAMILY}replica`, 1],
      [`${REPLICA}access/entra`, 1],
      [`${REPLICA}configurations/parameter`, 1],
    ])
  })

  /** Everything that something waits for among its neighbours, also by way of others. */
  function waitsFor(place: string): Set<string> {
    const above = place.slice(0, place.lastIndexOf('/') + 1)
    const direct = (template.resources[place]?.waitsFor ?? []).map((name) => above + name)
    return new Set(direct.flatMap((other) => [other, ...waitsFor(other)]))
  }

  const unordered = (places: readonly string[]): string[] =>
    places.flatMap((one, index) =>
      places
        .slice(index + 1)
        .filter((two) => !waitsFor(one).has(two) && !waitsFor(two).has(one))
        .map((two) => `${one} | ${two}`),
    )

  const modulesIn = (above: string): string[] =>
    declared
      .filter(([place, { type }]) => type === 'module' && !place.slice(above.length).includes('/'))
      .map(([place]) => place)
      .filter((place) => place.startsWith(above))
      // The look-up of the storage writes nothing, the key is another service's.
      .filter((place) => !['storage', 'key'].includes(place.slice(above.length)))

  it.each([FAMILY, REPLICA])('never run beside each other among the modules of %s', (above) => {
    expect(modulesIn(above).length).toBeGreaterThan(4)
    expect(unordered(modulesIn(above))).toEqual([])
  })

  it.each([`${FAMILY}access/`, `${REPLICA}access/`])('never run beside each other in %s', (above) => {
    const places = writes.map(([place]) => place).filter((place) => place.startsWith(above))
    expect(places).toHaveLength(3)
    expect(unordered(places)).toEqual([])
  })

  it('begin with the server itself, whose name no output says any more', () => {
    for (const place of modulesIn(FAMILY).filter((one) => one !== `${FAMILY}server`))
      expect([place, waitsFor(place).has(`${FAMILY}server`)]).toEqual([place, true])
    for (const place of modulesIn(REPLICA).filter((one) => one !== `${REPLICA}create`))
      expect([place, waitsFor(place).has(`${REPLICA}create`)]).toEqual([place, true])
  })
})

describe('replicas', () => {
  it('are made once and changed by another write', () => {
    const options = (place: string) => template.resources[REPLICA + place]?.options ?? {}
    expect(Object.keys(options('create/replica'))).toContain('onlyIfNotExists')
    expect(Object.keys(options('update/replica'))).not.toContain('onlyIfNotExists')
    const modes = ofType(resourcesOf('everything'), SERVER).map((server) => [
      ownNameOf(server).replace(/^psql-\w{13}-?/, ''),
      at(server, 'properties.createMode'),
    ])
    expect(modes).toEqual([
      ['', undefined],
      ['near', 'Replica'],
      ['near', 'Update'],
      ['reports', 'Replica'],
      ['reports', 'Update'],
    ])
  })

  it('have no backup and no standby, but a size', () => {
    const replicas = shapes.flatMap((shape) =>
      ofType(resourcesOf(shape), SERVER).filter(
        (server) => at(server, 'properties.createMode') !== undefined,
      ),
    )
    expect(replicas.length).toBeGreaterThan(4)
    for (const replica of replicas)
      expect([
        at(replica, 'properties.backup'),
        at(replica, 'properties.highAvailability'),
        typeof at(replica, 'sku.name'),
      ]).toEqual([undefined, undefined, 'string'])
  })

  it.each(['everything', 'replicas'])(
    'get administrators, parameters, logs and endpoint like their primary: %s',
    (shape) => {
      const plan = resourcesOf(shape)
      const partsOf = (id: string): string[] => {
        const own = plan.filter((one) => one.id.startsWith(`${id}/`)).map(({ type }) => type)
        const endpoints = plan
          .filter((one) => JSON.stringify(one.body).includes(`"privateLinkServiceId":"${id}"`))
          .map(({ type }) => type)
        return [...new Set([...own, ...endpoints])]
          .filter((type) => !type.endsWith('/virtualendpoints'))
          .toSorted()
      }
      const [primary = [], ...others] = [...new Set(ofType(plan, SERVER).map(({ id }) => id))].map(partsOf)
      expect(primary.length).toBeGreaterThan(3)
      expect(others.length).toBeGreaterThan(1)
      for (const parts of others) expect(parts).toEqual(primary)
    },
  )
})

describe('administrators', () => {
  it('are the account that deploys and those of the list, each once', () => {
    const { resources, text } = snapshotOf('existing-analytics')
    const made = ofType(resources, `${SERVER}/administrators`)
    expect(made.map((one) => [ownNameOf(one), at(one, 'properties.principalType')])).toEqual([
      ['00000000-0000-4000-8000-000000000003', 'User'],
      ['00000000-0000-4000-8000-00000000000a', 'Group'],
    ])
    expect(at(made[1] ?? { body: {} }, 'properties.principalName')).toBe('operations')
    expect(text).not.toContain('operations again')
  })
})

describe('logins', () => {
  it.each(shapes)('are Entra ID only, and no server has a password: %s', (shape) => {
    const servers = ofType(resourcesOf(shape), SERVER).filter(
      (server) => at(server, 'properties.createMode') !== 'Replica',
    )
    expect(servers.length).toBeGreaterThan(0)
    for (const server of servers)
      expect(at(server, 'properties.authConfig')).toMatchObject({
        activeDirectoryAuth: 'Enabled',
        passwordAuth: 'Disabled',
      })
    expect(snapshotOf(shape).text).not.toContain('administratorLogin')
  })
})

describe('a key of the customer', () => {
  const plan = resourcesOf('everything')
  const one = (type: string) => ofType(plan, type)[0] ?? { body: {}, id: '', name: '', type }

  it('can not be destroyed, does not expire, and is open to one identity by one role', () => {
    expect(at(one('Microsoft.KeyVault/vaults'), 'properties')).toMatchObject({
      enableRbacAuthorization: true,
      enablePurgeProtection: true,
      publicNetworkAccess: 'Disabled',
    })
    const key = one('Microsoft.KeyVault/vaults/keys')
    expect(at(key, 'properties.rotationPolicy')).toEqual({
      lifetimeActions: [{ trigger: { timeAfterCreate: 'P1Y' }, action: { type: 'rotate' } }],
    })
    expect(JSON.stringify(key.body)).not.toMatch(/expiryTime|"exp"/)
    const rights = ofType(plan, 'Microsoft.Authorization/roleAssignments').filter(({ id }) =>
      id.includes('/Microsoft.KeyVault/'),
    )
    // Key Vault Crypto Service Encryption User, on the key alone.
    expect(rights).toHaveLength(1)
    expect(rights[0]?.id.startsWith(`${key.id}/providers/`)).toBe(true)
    expect(JSON.stringify(rights[0]?.body)).toContain('e147488a-f6f5-4113-8e2d-b22465e65bf6')
  })

  it('is named without a version, so that the server follows its rotation', () => {
    const { id } = one('Microsoft.KeyVault/vaults/keys')
    const named = snapshotOf('everything').text.match(/"primaryKeyURI": ".*"/g) ?? []
    expect(named).toHaveLength(ofType(plan, SERVER).length)
    for (const text of named) expect(text).toMatch(/^"primaryKeyURI": "\[reference\('.*'\)\.keyUri\]"$/)
    expect(named[0]).toContain(`'${id}'`)
  })

  it.each(shapes.filter((shape) => shape !== 'everything'))(
    'is made only where it is asked for: %s',
    (shape) => {
      expect(snapshotOf(shape).text).not.toContain('Microsoft.KeyVault')
    },
  )
})

describe('what waits for a restart', () => {
  it.each(SIZES)('is told from the list of the platform, for each setting of size %s', async (size) => {
    const parameters = await readParameters()
    const { configurations } = (await readSizes())[size].postgres
    const waiting = Object.keys(configurations).filter((name) => parameters[name]?.kind === 'static')
    const told = stringOf(snapshotOf(size).outputs['POSTGRES_PENDING_RESTART_PARAMETERS']).split(',')
    expect(told.toSorted()).toEqual(waiting.toSorted())
    const always = ['max_connections', 'shared_buffers', 'wal_buffers']
    const replication = ['max_replication_slots', 'max_wal_senders', 'max_worker_processes', 'wal_level']
    expect(told.toSorted()).toEqual((size === 'dev' ? always : [...always, ...replication]).toSorted())
  })

  it('is nothing on an elastic cluster, whose nodes keep what the platform chose', async () => {
    const parameters = await readParameters()
    const { resources, outputs } = snapshotOf('cluster')
    const written = ofType(resources, `${SERVER}/configurations`).map(ownNameOf)
    expect(written.length).toBeGreaterThan(0)
    expect(written.filter((name) => parameters[name]?.kind !== 'dynamic')).toEqual([])
    expect(outputs['POSTGRES_PENDING_RESTART_PARAMETERS']).toBe('')
  })
})

describe('the size of a disk', () => {
  it('is asked for only where disks grow: compilers up to 0.47 have the question as an experiment', () => {
    expect(template.resources[`${FAMILY}storage`]).toMatchObject({ type: 'module', condition: true })
    const sizeOf = (shape: string) =>
      at(ofType(resourcesOf(shape), SERVER)[0] ?? { body: {} }, 'properties.storage.storageSizeGB')
    expect(jsonOfFile('infra/sizes.json')).toMatchObject({ dev: { postgres: { autoGrow: false } } })
    expect(sizeOf('dev')).toBe(32)
    expect(sizeOf('standard')).toMatch(/^\[max\(128, /)
  })
})

describe('the pooler', () => {
  it('is not set by hand where the rules of the size set it', async () => {
    const sizes = await readSizes()
    const text = await readFile(`${folder}configurations.bicep`, 'utf8')
    const own = [...text.matchAll(/'(pgbouncer\.\w+)':/g)].map(([, name = '']) => name)
    expect(own.sort()).toEqual([
      'pgbouncer.default_pool_size',
      'pgbouncer.enabled',
      'pgbouncer.max_client_conn',
      'pgbouncer.max_prepared_statements',
    ])
    const twice = SIZES.flatMap((size) => Object.keys(sizes[size].postgres.configurations))
    expect(twice.filter((name) => own.includes(name))).toEqual([])
  })
})
