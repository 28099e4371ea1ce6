import { randomInt } from 'node:crypto'
import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TenantDirectory, TenantRegistry } from '../../../shared/tenancy/index.ts'
import type { NewTenant } from '../../../shared/tenancy/index.ts'
import { createDatabase } from '../../support/database.ts'
import type { TestDatabase } from '../../support/database.ts'
import { codeOfRefusal } from '../event-store/support.ts'
import { disguises, lookalikes } from './lookalikes.ts'

let database: TestDatabase
let admin: Client
let registry: TenantRegistry

beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
  registry = new TenantRegistry(database.pool('trickle_operator', 10))
})
afterAll(() => database.drop())

const make = async (tenant: NewTenant): Promise<string> => (await registry.create(tenant)).result.id
const taken = (pointer: string, message: string) => ({
  code: 'TENANT_EXISTS',
  status: 409,
  errors: [{ pointer, message }],
})

describe('a claim that is not ASCII', () => {
  const names = ['kiosk', 'victim', 'strasse.ffi-1_a', 'Ext Kiosk']
  beforeAll(async () => {
    await registry.createMissing([
      { slug: 'kiosk' },
      { slug: 'victim' },
      { slug: 'strasse.ffi-1_a', externalId: 'Ext Kiosk' },
    ])
  })

  /** What finds a tenant, of these claims. */
  async function findersAmong(claims: readonly string[]): Promise<string[]> {
    const { rows } = await admin.query<{ claim: string }>(
      `select c.claim from unnest($1::text[]) as c (claim)
        where exists (select from trickle_tenants_state.find_tenant(c.claim, 'any'))`,
      [claims],
    )
    return rows.map(({ claim }) => claim)
  }

  it('finds nobody, whichever letters look like those of a tenant', async () => {
    const byText = lookalikes()
    const claims = names.flatMap((name) => [
      ...disguises(name, byText),
      ...disguises(name.toUpperCase(), byText),
    ])
    expect(claims.length).toBeGreaterThan(1_000)
    expect(await findersAmong(claims)).toEqual([])
    expect(await findersAmong([...names, 'KIOSK'])).toEqual([...names, 'KIOSK'])
  })

  it('finds nobody, whatever it holds', async () => {
    const anything = (): string =>
      Array.from({ length: randomInt(1, 8) }, () => String.fromCodePoint(randomInt(1, 0xd800))).join('')
    const claims = Array.from({ length: 5_000 }, (_, index) => `${names[index % 4]}${anything()}\u0301`)
    expect(await findersAmong(claims)).toEqual([])
  })

  it('is refused by the directory', async () => {
    const directory = new TenantDirectory(database.pool('trickle_app'), 'any')
    for (const claim of [
      '\u212aiosk',
      'v\u0130ctim',
      'v\u0131ctim',
      'kio\u017fk',
      'ki\uff4fsk',
      'kiosk\u200b',
    ])
      await expect(directory.resolve(claim)).rejects.toMatchObject({ code: 'TENANT_UNKNOWN' })
    expect((await directory.resolve('KIOSK')).slug).toBe('kiosk')
  })

  it('is nobody whom an operator could suspend', async () => {
    for (const reference of ['\u212aiosk', 'v\u0130ctim', 'kiosk\u0000', '\ud800'])
      await expect(registry.setStatus(reference, 'suspended')).rejects.toMatchObject({
        code: 'TENANT_NOT_FOUND',
      })
  })

  it('can be no name: neither slug nor external id is made of it', async () => {
    for (const [pointer, tenant] of [
      ['/slug', { slug: '\u212aiosk-2' }],
      ['/externalId', { slug: 'kiosk-2', externalId: '\u212aiosk' }],
    ] as const)
      await expect(registry.create(tenant)).rejects.toMatchObject({
        code: 'VALIDATION_FAILED',
        errors: [{ pointer }],
      })
  })
})

describe('a name of another tenant', () => {
  let harborId: string
  beforeAll(async () => {
    harborId = await make({ slug: 'harbor', externalId: 'Org-Harbor' })
  })

  it.each<[string, NewTenant, string, string]>([
    ['its slug as external id', { slug: 'thief', externalId: 'harbor' }, '/externalId', 'slug'],
    ['its slug in upper case', { slug: 'thief', externalId: 'HARBOR' }, '/externalId', 'slug'],
    ['its external id as slug', { slug: 'org-harbor' }, '/slug', 'external id'],
    ['its external id', { slug: 'thief', externalId: 'Org-Harbor' }, '/externalId', 'external id'],
    ['its external id, folded', { slug: 'thief', externalId: 'ORG-HARBOR' }, '/externalId', 'external id'],
    ['its id as external id', { slug: 'thief', externalId: 'ID' }, '/externalId', 'id'],
    ['its id in upper case', { slug: 'thief', externalId: 'ID in upper case' }, '/externalId', 'id'],
  ])('is refused and told: %s', async (_what, tenant, pointer, kind) => {
    const ids: Record<string, string> = { ID: harborId, 'ID in upper case': harborId.toUpperCase() }
    const externalId = ids[tenant.externalId ?? ''] ?? tenant.externalId
    const told = taken(pointer, `is the ${kind} of the tenant harbor`)
    await expect(registry.create({ ...tenant, externalId })).rejects.toMatchObject(told)
    await expect(
      registry.createMissing([{ slug: 'innocent' }, { ...tenant, externalId }]),
    ).rejects.toMatchObject(taken(`/tenants/1${pointer}`, told.errors[0]?.message ?? ''))
    const directory = new TenantDirectory(database.pool('trickle_app', 1), 'any')
    for (const claim of ['harbor', 'Org-Harbor', harborId])
      expect((await directory.resolve(claim)).tenantId).toBe(harborId)
    for (const slug of ['thief', 'innocent'])
      await expect(directory.resolve(slug)).rejects.toMatchObject({ code: 'TENANT_UNKNOWN' })
  })

  it('is refused within one request too, where it comes second', async () => {
    for (const [tenants, pointer] of [
      [[{ slug: 'first' }, { slug: 'second', externalId: 'First' }], '/tenants/1/externalId'],
      [[{ slug: 'first', externalId: 'Second' }, { slug: 'second' }], '/tenants/1/slug'],
    ] as const)
      await expect(registry.createMissing(tenants)).rejects.toMatchObject({
        code: 'TENANT_EXISTS',
        errors: [{ pointer }],
      })
    expect((await registry.list('firs', 1))[0]?.slug).not.toBe('first')
  })

  it('is told once for each of many, and the first twenty of them', async () => {
    const tenants = Array.from({ length: 30 }, (_, index) => ({ slug: `t${index}`, externalId: 'harbor' }))
    const refusal = await registry.createMissing(tenants).catch((error: unknown) => error)
    expect((refusal as { errors: unknown[] }).errors).toHaveLength(20)
  })

  it('is refused for a tenant that is there as well: it keeps what it has', async () => {
    await expect(registry.createMissing([{ slug: 'kiosk', externalId: 'harbor' }])).rejects.toMatchObject(
      taken('/tenants/0/externalId', 'is the slug of the tenant harbor'),
    )
    const unchanged = await registry.createMissing([
      { slug: 'harbor', externalId: 'Org-Harbor-2' },
      { slug: 'harbor' },
    ])
    expect(unchanged.result).toEqual({ created: 0, existing: 2 })
  })

  it('goes to one of those who race for it, as slug or as external id', async () => {
    const rivals = Array.from({ length: 6 }, (_, index): NewTenant[] => [
      { slug: `rival-${index}`, externalId: index % 2 === 0 ? 'prize' : 'PRIZE' },
      { slug: 'prize', externalId: `rival-${index}-b` },
    ]).flat()
    const outcomes = await Promise.all(rivals.map((tenant) => codeOfRefusal(registry.create(tenant))))
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1)
    expect(new Set(outcomes)).toEqual(new Set(['done', 'TENANT_EXISTS']))
  })

  it('ends no race in a deadlock when two want names of each other', async () => {
    const pairs = Array.from({ length: 10 }, (_, index) => index)
    const outcomes = await Promise.all(
      pairs.flatMap((index) => [
        codeOfRefusal(registry.create({ slug: `left-${index}`, externalId: `right-${index}` })),
        codeOfRefusal(registry.create({ slug: `right-${index}`, externalId: `left-${index}` })),
      ]),
    )
    for (const index of pairs)
      expect(outcomes.slice(2 * index, 2 * index + 2).toSorted()).toEqual(['TENANT_EXISTS', 'done'])
  })
})

describe("a tenant's own names", () => {
  it('may be alike', async () => {
    const id = await make({ slug: 'same', externalId: 'SAME' })
    const directory = new TenantDirectory(database.pool('trickle_app', 1), 'any')
    for (const claim of ['same', 'SAME', id]) expect((await directory.resolve(claim)).tenantId).toBe(id)
  })

  it('may be the id of an Entra tenant, which is the same in upper case', async () => {
    const tid = '9F4B2A6C-0000-4000-8000-0123456789AB'
    const { result } = await registry.create({ slug: 'entra', externalId: tid })
    expect(result.externalId).toBe(tid.toLowerCase())
    const directory = new TenantDirectory(database.pool('trickle_app', 1), 'externalId')
    for (const claim of [tid, tid.toLowerCase()])
      expect((await directory.resolve(claim)).tenantId).toBe(result.id)
  })

  it('are looked up by case where another system may tell them apart by it', async () => {
    await registry.create({ slug: 'salesforce', externalId: '001A0000006Vm9r' })
    const directory = new TenantDirectory(database.pool('trickle_app', 1), 'any')
    await expect(directory.resolve('001A0000006Vm9R')).rejects.toMatchObject({ code: 'TENANT_UNKNOWN' })
  })
})

describe('the database', () => {
  const tenantId = '00000000-0000-4000-8000-00000000abcd'

  it.each([
    ['without names', '', '23503'],
    ['without the name of its id', `('made', '${tenantId}')`, '23503'],
    ['with a name of another', `('${tenantId}', '${tenantId}'), ('harbor', '${tenantId}')`, '23505'],
    ['with a name that is not folded', `('Made', '${tenantId}')`, '23514'],
    ['with a name that is not ASCII', `('m\u00e4de', '${tenantId}')`, '23514'],
  ])('takes no tenant %s, from whomever', async (_what, names, code) => {
    const insertNames =
      names === ''
        ? ''
        : `with n as (insert into trickle_tenants_state.tenant_names (name, tenant_id) values ${names})`
    await expect(
      admin.query(`${insertNames} insert into trickle_tenants_state.tenants (tenant_id, slug, name)
        values ('${tenantId}', 'made', 'Made')`),
    ).rejects.toMatchObject({ code })
  })

  it('keeps a name with its tenant, and gives it back with it', async () => {
    const id = await make({ slug: 'leaving', externalId: 'Leaving-1' })
    await expect(
      admin.query("update trickle_tenants_state.tenant_names set name = 'other' where name = 'leaving'"),
    ).rejects.toMatchObject({ code: '23503' })
    await admin.query('delete from trickle_tenants_state.tenants where tenant_id = $1', [id])
    expect((await registry.create({ slug: 'leaving-1', externalId: 'leaving' })).result.slug).toBe(
      'leaving-1',
    )
  })
})

describe('a name that means two tenants, in a database without its keys', () => {
  const ids = ['00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-0000000000a2'] as const
  beforeAll(async () => {
    await admin.query(`alter table trickle_tenants_state.tenants drop constraint tenants_id_name_fkey,
      drop constraint tenants_slug_fkey, drop constraint tenants_external_name_fkey`)
    await admin.query(
      `insert into trickle_tenants_state.tenants (tenant_id, slug, external_id, name)
        values ($1, 'twofold', null, 'One'), ($2, 'other-one', 'twofold', 'Two')`,
      [...ids],
    )
  })

  it('is refused as a claim, unless the directory knows which is meant', async () => {
    const app = database.pool('trickle_app', 1)
    await expect(new TenantDirectory(app, 'any').resolve('twofold')).rejects.toMatchObject({
      code: 'TENANT_UNKNOWN',
      detail: expect.stringContaining('names two tenants') as string,
    })
    expect((await new TenantDirectory(app, 'slug').resolve('twofold')).tenantId).toBe(ids[0])
    expect((await new TenantDirectory(app, 'externalId').resolve('twofold')).tenantId).toBe(ids[1])
  })

  it('is told to an operator, who then says which kind is meant', async () => {
    await expect(registry.setStatus('twofold', 'suspended')).rejects.toMatchObject({
      code: 'TENANT_AMBIGUOUS',
      status: 409,
      detail: expect.stringMatching(/twofold \(.*a1\).*other-one \(.*a2\)/) as string,
    })
    const suspend = async (by: 'slug' | 'externalId', name: string): Promise<string> =>
      (await registry.setStatus(name, 'suspended', { by })).result.id
    expect(await suspend('slug', 'twofold')).toBe(ids[0])
    expect(await suspend('externalId', 'twofold')).toBe(ids[1])
    expect((await registry.setStatus(ids[0], 'active', { by: 'id' })).result.slug).toBe('twofold')
    await expect(registry.setStatus(ids[0], 'active', { by: 'slug' })).rejects.toMatchObject({
      code: 'TENANT_NOT_FOUND',
      detail: `No tenant has the slug "${ids[0]}".`,
    })
  })
})
