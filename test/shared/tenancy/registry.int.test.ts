import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Database } from '../../../shared/postgres/index.ts'
import { TenantRegistry, withTenant } from '../../../shared/tenancy/index.ts'
import { createDatabase } from '../../support/database.ts'
import type { TestDatabase } from '../../support/database.ts'
import { TcpProxy } from '../../../packages/tcp-proxy/index.ts'
import { codeOfRefusal } from '../event-store/support.ts'
import { one, sql } from '../postgres/support.ts'

let database: TestDatabase
let admin: Client
let registry: TenantRegistry

beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
  registry = new TenantRegistry(database.pool('trickle_operator', 10))
})
afterAll(() => database.drop())

const keyOf = (key: string) => ({ key, fingerprint: Buffer.from(`request ${key}`) })

describe('a tenant', () => {
  it('is made with a slug in lower case and what else was given', async () => {
    const { result, replayed } = await registry.create({
      slug: 'Big.Co_1-x',
      name: 'Big Co',
      externalId: 'E',
    })
    expect(replayed).toBe(false)
    expect(result).toMatchObject({ slug: 'big.co_1-x', name: 'Big Co', externalId: 'E', status: 'active' })
    expect(result.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/)
    expect(result.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/)
    expect((await registry.create({ slug: 'plain' })).result).toMatchObject({
      name: 'plain',
      externalId: null,
    })
  })

  it.each([
    '',
    '-a',
    '.a',
    '_a',
    'a b',
    'ä',
    'a/b',
    'a'.repeat(64),
    '6ba7b810-9dad-11d1-80b4-00c04fd430c8',
    'a\n',
  ])('is not made with the slug %j', async (slug) => {
    await expect(registry.create({ slug })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      errors: [{ pointer: '/slug' }],
    })
  })

  it('is not made twice, by slug or by external id', async () => {
    await registry.create({ slug: 'once', externalId: 'once-external' })
    for (const again of [{ slug: 'ONCE' }, { slug: 'once-more', externalId: 'once-external' }]) {
      await expect(registry.create(again)).rejects.toMatchObject({ code: 'TENANT_EXISTS', status: 409 })
    }
  })

  it('is made once by many who try at once', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => codeOfRefusal(registry.create({ slug: 'raced' }))),
    )
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1)
    expect(outcomes.filter((outcome) => outcome === 'TENANT_EXISTS')).toHaveLength(9)
  })

  it('is suspended and resumed by any of its names, and doing it again changes nothing', async () => {
    const { result: made } = await registry.create({ slug: 'switch', externalId: 'Switch-1' })
    const { result: suspended } = await registry.setStatus('switch', 'suspended')
    expect(suspended).toMatchObject({ id: made.id, status: 'suspended' })
    expect((await registry.setStatus('SWITCH', 'suspended')).result).toEqual(suspended)
    expect((await registry.setStatus(made.id, 'active')).result.status).toBe('active')
    expect((await registry.setStatus('Switch-1', 'suspended')).result.status).toBe('suspended')
    await expect(registry.setStatus('nobody', 'active')).rejects.toMatchObject({
      code: 'TENANT_NOT_FOUND',
      status: 404,
    })
  })
})

describe('many tenants', () => {
  it('are made in one go, those that are missing', async () => {
    const slugs = ['m-1', 'm-2', 'm-3']
    await registry.create({ slug: 'm-2' })
    expect((await registry.createMissing(slugs.map((slug) => ({ slug })))).result).toEqual({
      created: 2,
      existing: 1,
    })
    expect((await registry.createMissing(slugs.map((slug) => ({ slug })))).result).toEqual({
      created: 0,
      existing: 3,
    })
    expect([...(await registry.contextsBySlug([...slugs, 'm-4'])).keys()].sort()).toEqual(slugs)
  })

  it('are listed by slug, page after page', async () => {
    const { rows } = await admin.query<{ slug: string }>(
      'select slug from trickle_tenants_state.tenants order by slug',
    )
    const listed: string[] = []
    for (
      let page = await registry.list('', 4);
      page.length > 0;
      page = await registry.list(listed.at(-1) ?? '', 4)
    ) {
      listed.push(...page.map((tenant) => tenant.slug))
    }
    expect(listed).toEqual(rows.map((row) => row.slug))
  })
})

describe('a key', () => {
  it('gives the first answer again, and is refused for another request', async () => {
    const first = await registry.create({ slug: 'keyed' }, keyOf('k'))
    expect(await registry.create({ slug: 'keyed' }, keyOf('k'))).toEqual({
      result: first.result,
      replayed: true,
    })
    await expect(
      registry.create({ slug: 'keyed-2' }, { key: 'k', fingerprint: Buffer.from('other') }),
    ).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', status: 422 })
  })

  it('is free again after a request that failed', async () => {
    await registry.create({ slug: 'taken' })
    await expect(registry.create({ slug: 'taken' }, keyOf('f'))).rejects.toMatchObject({
      code: 'TENANT_EXISTS',
    })
    expect((await registry.create({ slug: 'taken-2' }, keyOf('f'))).replayed).toBe(false)
  })

  it('gives all twins who race for it the one answer', async () => {
    const results = await Promise.all(
      Array.from({ length: 10 }, () => registry.create({ slug: 'twin' }, keyOf('twins'))),
    )
    expect(new Set(results.map(({ result }) => result.id)).size).toBe(1)
    expect(results.filter(({ replayed }) => !replayed)).toHaveLength(1)
    const many = await Promise.all(
      Array.from({ length: 10 }, () => registry.createMissing([{ slug: 'twin-2' }], keyOf('twins-2'))),
    )
    expect(new Set(many.map(({ result }) => JSON.stringify(result)))).toEqual(
      new Set(['{"created":1,"existing":0}']),
    )
  })

  it('resolves an answer that was lost, at COMMIT too', async () => {
    const proxy = await TcpProxy.start(database.url('trickle_operator'))
    const pool = new Database({
      url: proxy.url(database.url('trickle_operator')),
      connectionsMax: 1,
      statements: 'unnamed',
    })
    const proxied = new TenantRegistry(pool)
    for (const [nth, when] of [
      'commit',
      'insert into trickle_commands_log',
      'trickle_tenants_state.create_tenants',
    ].entries()) {
      proxy.arm({ action: 'cut-response', when })
      const slug = `lost-${nth}`
      expect((await proxied.create({ slug }, keyOf(slug))).result.slug).toBe(slug)
      expect((await proxied.create({ slug }, keyOf(slug))).replayed).toBe(true)
    }
    expect(proxy.faultsUsed).toBe(3)
    proxy.arm({ action: 'cut-response', when: 'commit' })
    await expect(proxied.create({ slug: 'lost-without' })).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' })
    await pool.end()
    await proxy.close()
  })
})

describe('withTenant', () => {
  it('binds the tenant for the transaction, and refuses to bind another in it', async () => {
    const [acme, bolt] = [await database.tenant('acme'), await database.tenant('bolt')]
    const app = database.pool('trickle_app', 1)
    const seen = await withTenant(app, acme, async (run) => {
      const rows = await run(sql('select slug from trickle_tenants_state.tenants'))
      await run(sql('select trickle_tenants_state.bind_tenant($1)', acme.tenantId))
      return rows
    })
    expect(seen).toEqual([{ value: 'acme' }])
    const stepping = withTenant(app, acme, (run) =>
      run(sql('select trickle_tenants_state.bind_tenant($1)', bolt.tenantId)),
    )
    await expect(stepping).rejects.toMatchObject({ code: 'TENANT_CONTEXT_REFUSED', status: 403 })
    expect(await one(app.query(sql('select count(*) from trickle_tenants_state.tenants')))).toBe('0')
  })
})
