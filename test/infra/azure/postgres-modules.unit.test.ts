import { glob, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { readParameters, readSizes, SIZES } from './postgres-sizes.ts'

const folder = fileURLToPath(new URL('../../../infra/modules/postgres/', import.meta.url))
const RETRY =
  "@retryOn(['ServerIsBusy', 'ServerBusy', 'Conflict', 'AadAuthOperationCannotBePerformedWhenServerIsNotAccessible'], 6)"

/** A declaration with the decorators above it. */
interface Declaration {
  readonly file: string
  readonly decorators: readonly string[]
  readonly kind: string
  readonly name: string
  readonly type: string
  readonly head: string
}

let modules: Map<string, string>
let declarations: Declaration[]
beforeAll(async () => {
  modules = new Map()
  for await (const file of glob('*.bicep', { cwd: folder }))
    modules.set(file, await readFile(folder + file, 'utf8'))
  declarations = [...modules].flatMap(([file, text]) =>
    [...text.matchAll(/((?:^@.*\n)*)^(resource|module) (\w+) '([^']+)' (.*)$/gm)].map(
      ([, decorators = '', kind = '', name = '', type = '', head = '']) => ({
        file,
        decorators: decorators.split('\n').filter((line) => line !== ''),
        kind,
        name,
        type,
        head,
      }),
    ),
  )
})

const textOf = (file: string): string => modules.get(file) ?? ''
const ofServers = (one: Declaration): boolean =>
  one.type.startsWith('Microsoft.DBforPostgreSQL/') && !one.head.startsWith('existing')

describe('writes to a server', () => {
  it('are tried again while the server is busy, each in the same way', () => {
    const written = declarations.filter(ofServers)
    expect(written.map(({ type }) => type.split(/[/@]/).at(-2) ?? '').sort()).toEqual([
      'administrators',
      'configurations',
      'firewallRules',
      'flexibleServers',
      'flexibleServers',
      'flexibleServers',
      'virtualendpoints',
    ])
    expect(written.filter(({ decorators }) => !decorators.includes(RETRY))).toEqual([])
  })

  it('come one at a time where there are several', () => {
    const loops = [...modules].flatMap(([file, text]) =>
      [...text.matchAll(/((?:^@.*\n)*)^(?:resource|module) (\w+) .*= \[\n\s*for /gm)].map(
        ([, decorators, name]) => ({
          file,
          name,
          single: decorators?.includes('@batchSize(1)\n'),
        }),
      ),
    )
    expect(loops.toSorted((one, two) => one.file.localeCompare(two.file))).toEqual([
      { file: 'access.bicep', name: 'entra', single: true },
      { file: 'configurations.bicep', name: 'parameter', single: true },
      { file: 'postgres.bicep', name: 'replica', single: true },
    ])
    // The only module with two kinds of writes.
    expect(textOf('access.bicep')).toContain('dependsOn: [azureServices]')
  })

  /** What each module of a chain waits for, by what it reads of others and by dependsOn. */
  function chainOf(file: string): Map<string, string[]> {
    const names = declarations
      .filter((one) => one.file === file && one.kind === 'module')
      .map(({ name }) => name)
    const parts = textOf(file).split(/^(?=(?:@.*\n)*module |output |var |func )/m)
    return new Map(
      names.map((name) => {
        const body = parts.find((part) => new RegExp(`^module ${name} `, 'm').test(part)) ?? ''
        const waits = /dependsOn: \[([^\]]*)\]/.exec(body)?.[1]?.split(', ') ?? []
        const reads = [...body.matchAll(/(\w+)!?\.outputs\./g)].map(([, other]) => other ?? '')
        return [name, [...new Set([...waits, ...reads])]] as const
      }),
    )
  }

  it.each(['postgres.bicep', 'replica.bicep'])('never run beside each other in %s', (file) => {
    const chain = chainOf(file)
    const waitsFor = (name: string): Set<string> => {
      const direct = chain.get(name) ?? []
      return new Set(direct.flatMap((other) => [other, ...waitsFor(other)]))
    }
    // The look-up of the storage writes nothing, the key is another service's.
    const writers = [...chain.keys()].filter((name) => !['storage', 'key'].includes(name))
    expect(writers.length).toBeGreaterThan(4)
    const unordered = writers.flatMap((one, index) =>
      writers
        .slice(index + 1)
        .filter((two) => !waitsFor(one).has(two) && !waitsFor(two).has(one))
        .map((two) => `${one} | ${two}`),
    )
    expect(unordered).toEqual([])
  })
})

describe('replicas', () => {
  it('are made once and changed by another write', () => {
    const servers = declarations.filter((one) =>
      one.type.startsWith('Microsoft.DBforPostgreSQL/flexibleServers@'),
    )
    const create = servers.filter((one) => one.file === 'replica-create.bicep')
    expect(create.map(({ decorators }) => decorators[0])).toEqual(['@onlyIfNotExists()'])
    expect(textOf('replica-create.bicep')).toContain("createMode: 'Replica'")
    expect(textOf('replica-update.bicep')).toContain("createMode: 'Update'")
    expect(textOf('replica-update.bicep')).not.toContain('onlyIfNotExists')
    expect(textOf('server.bicep')).not.toMatch(/^\s*createMode:/m)
  })

  it.each(['replica-create.bicep', 'replica-update.bicep'])('have no backup and no standby in %s', (file) => {
    expect(textOf(file)).toContain('sku: {')
    expect(textOf(file)).not.toMatch(/^\s*(backup|highAvailability):/m)
  })

  it('get administrators, parameters, logs and endpoint like their primary', () => {
    const used = (file: string): string[] =>
      declarations.filter((one) => one.file === file && one.kind === 'module').map(({ type }) => type)
    const parts = ['access.bicep', 'configurations.bicep', 'diagnostics.bicep', '../private-endpoint.bicep']
    expect(used('postgres.bicep')).toEqual(expect.arrayContaining(parts))
    expect(used('replica.bicep')).toEqual(expect.arrayContaining(parts))
  })
})

describe('logins', () => {
  it.each(['server.bicep', 'replica-update.bicep'])('are Entra ID only in %s', (file) => {
    expect(textOf(file)).toContain("activeDirectoryAuth: 'Enabled'")
    expect(textOf(file)).toContain("passwordAuth: 'Disabled'")
    expect(textOf(file)).not.toContain('administratorLogin')
  })
})

describe('a key of the customer', () => {
  it('can not be destroyed, does not expire, and is open to one identity by one role', async () => {
    const text = await readFile(`${folder}../key-vault.bicep`, 'utf8')
    expect(text).toMatch(/^ {4}enableRbacAuthorization: true$/m)
    expect(text).toMatch(/^ {4}enablePurgeProtection: true$/m)
    expect(text).toMatch(/^ {4}publicNetworkAccess: 'Disabled'$/m)
    expect(text).toContain("trigger: { timeAfterCreate: 'P1Y' }")
    expect(text).not.toContain('expiryTime')
    // Key Vault Crypto Service Encryption User, on the key alone.
    expect(text.match(/^resource \w+ 'Microsoft\.Authorization.*\n {2}scope: (\w+)$/m)?.[1]).toBe('key')
    expect(text).toContain("'e147488a-f6f5-4113-8e2d-b22465e65bf6'")
  })

  it('is named without a version, so that the server follows its rotation', async () => {
    const text = await readFile(`${folder}../key-vault.bicep`, 'utf8')
    expect(text).toContain('output keyUri string = key.properties.keyUri\n')
    expect(textOf('postgres.bicep')).toContain("'../key-vault.bicep' = if (customerManagedKey)")
  })
})

describe('what waits for a restart', () => {
  it('is told from the list of the platform, for each setting of each size', async () => {
    const text = textOf('configurations.bicep')
    expect(text).toContain("var parameters = loadJsonContent('parameters.json')")
    expect(text).toContain("filter(wanted, one => parameters[one.key].kind == 'static')")
    expect(text).toContain("output restartParameters string = join(needRestart, ',')")
    const parameters = await readParameters()
    const sizes = await readSizes()
    const waiting = SIZES.map((size) =>
      Object.keys(sizes[size].postgres.configurations).filter((name) => parameters[name]?.kind === 'static'),
    )
    const always = ['max_connections', 'shared_buffers', 'wal_buffers']
    const replication = ['max_replication_slots', 'max_wal_senders', 'max_worker_processes', 'wal_level']
    expect(waiting.map((names) => names.sort())).toEqual([
      always,
      [...always, ...replication].sort(),
      [...always, ...replication].sort(),
      [...always, ...replication].sort(),
    ])
  })

  it('asks how large a disk is only where disks grow: compilers up to 0.47 have the question as an experiment', async () => {
    expect(textOf('postgres.bicep')).toContain("module storage 'storage-size.bicep' = if (rules.autoGrow) {")
    expect((await readSizes()).dev.postgres.autoGrow).toBe(false)
  })

  it('sets no pooler by hand that the rules of the size set', async () => {
    const sizes = await readSizes()
    const own = [...textOf('configurations.bicep').matchAll(/'(pgbouncer\.\w+)':/g)].map(
      ([, name = '']) => name,
    )
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
