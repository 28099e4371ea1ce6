import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { Database } from '../../../shared/postgres/index.ts'
import type { QueryOptions, Statement } from '../../../shared/postgres/index.ts'
import { TenantDirectory, TenantRegistry } from '../../../shared/tenancy/index.ts'
import type { TenantKey } from '../../../shared/tenancy/index.ts'
import { createDatabase } from '../../support/database.ts'
import type { TestDatabase } from '../../support/database.ts'

let database: TestDatabase
let registry: TenantRegistry
let app: Database
let acmeId: string

beforeAll(async () => {
  database = await createDatabase()
  app = database.pool('trickle_app')
  registry = new TenantRegistry(database.pool('trickle_operator'))
  const { result } = await registry.create({ slug: 'Acme', name: 'Acme Ltd', externalId: 'Ext-1' })
  acmeId = result.id
})
afterAll(() => database.drop())
afterEach(() => vi.restoreAllMocks())

const directory = (key: TenantKey = 'any') => new TenantDirectory(app, key)
const unknown = { code: 'TENANT_UNKNOWN', status: 403 }

describe('a claim', () => {
  it('finds its tenant by id, slug or external id', async () => {
    const found = { tenantId: acmeId, slug: 'acme', name: 'Acme Ltd' }
    for (const claim of [acmeId, acmeId.toUpperCase(), 'acme', 'ACME', 'Ext-1']) {
      expect(await directory().resolve(claim)).toEqual(found)
    }
  })

  it.each<[TenantKey, string[], string[]]>([
    ['id', ['ID'], ['acme', 'Ext-1']],
    ['slug', ['acme'], ['ID', 'Ext-1']],
    ['externalId', ['Ext-1'], ['ID', 'acme']],
  ])('is looked up only as what the directory was told: %s', async (key, found, missed) => {
    const claimOf = (claim: string) => (claim === 'ID' ? acmeId : claim)
    for (const claim of found) expect((await directory(key).resolve(claimOf(claim))).tenantId).toBe(acmeId)
    for (const claim of missed)
      await expect(directory(key).resolve(claimOf(claim))).rejects.toMatchObject(unknown)
  })

  it.each([
    '',
    ' ',
    'acme ',
    'ext-1',
    '%',
    'a_me',
    "' or true --",
    'x'.repeat(5_000),
    randomUUID(),
    'not-a-uuid-00000000',
  ])('that means nobody is refused: %j', async (claim) => {
    await expect(directory().resolve(claim)).rejects.toMatchObject(unknown)
  })

  it('that names one tenant twice is no riddle', async () => {
    const { result } = await registry.create({ slug: 'same', externalId: 'same' })
    expect((await directory().resolve('same')).tenantId).toBe(result.id)
  })

  it('makes a context that can not be changed', async () => {
    expect(Object.isFrozen(await directory().resolve('acme'))).toBe(true)
  })
})

/** Time passes while it answers. */
class SlowDatabase extends Database {
  queries = 0
  onQuery: () => void = () => {}

  override query<R>(statement: Statement<R>, options?: QueryOptions): Promise<R[]> {
    this.queries += 1
    this.onQuery()
    return super.query(statement, options)
  }
}

describe('what is remembered', () => {
  it('is asked for again within 5 s of the question, however long the answer took', async () => {
    let clockMs = 1_000_000
    const slow = new SlowDatabase({
      url: database.url('trickle_app'),
      connectionsMax: 1,
      statements: 'unnamed',
    })
    const remembering = new TenantDirectory(slow, 'any')
    await registry.create({ slug: 'watched' })
    vi.spyOn(performance, 'now').mockImplementation(() => clockMs)
    slow.onQuery = () => {
      clockMs += 3_000
    }
    await remembering.resolve('watched')
    await remembering.resolve('watched')
    expect(slow.queries).toBe(1)
    slow.onQuery = () => {}
    await registry.setStatus('watched', 'suspended')
    clockMs += 2_000
    await expect(remembering.resolve('watched')).rejects.toMatchObject({
      code: 'TENANT_SUSPENDED',
      status: 403,
    })
    await registry.setStatus('watched', 'active')
    clockMs += 5_000
    expect((await remembering.resolve('watched')).slug).toBe('watched')
    await slow.end()
  })

  it('is never that there is nobody: a tenant works as soon as it is made', async () => {
    const remembering = directory()
    await expect(remembering.resolve('soon')).rejects.toMatchObject(unknown)
    await registry.create({ slug: 'soon' })
    expect((await remembering.resolve('soon')).slug).toBe('soon')
  })
})
