import { describe, expect, it } from 'vitest'
import {
  catalogOf,
  checkSql,
  findLongLines,
  findTenantless,
  findWallBreaches,
  readSources,
  sqlSource,
  typescriptSource,
} from '../../tools/sql-rules/index.ts'
import type { SqlSource } from '../../tools/sql-rules/index.ts'

const ORDER = ['tenants', 'log', 'readers']

/** Three owners, each with a table, and one function of the log. */
const house: readonly SqlSource[] = [
  ...ORDER.map((owner) =>
    sqlSource(
      `${owner}/0001_begin`,
      owner,
      'migration',
      `create schema trickle_${owner}_state; create table trickle_${owner}_state.rows (\n  tenant_id uuid not null,\n  a int);`,
    ),
  ),
  sqlSource(
    'log/count_rows',
    'log',
    'function',
    'create or replace function trickle_log_state.count_rows() returns int',
  ),
]
const catalog = catalogOf(house)

const file = (owner: string, sql: string): SqlSource => sqlSource(`${owner}/made`, owner, 'function', sql)
const rulesOf = (found: readonly { rule: string }[]): string[] => found.map(({ rule }) => rule)
const breaches = (source: SqlSource, exceptions: Parameters<typeof findWallBreaches>[3] = []): string[] =>
  rulesOf(findWallBreaches([source], catalog, ORDER, exceptions))
const tenantless = (source: SqlSource, exceptions: Parameters<typeof findTenantless>[3] = []): string[] =>
  rulesOf(findTenantless([source], catalog, { 'trickle_readers_state.rows': 'checkpoints' }, exceptions))

it('the SQL of the product keeps the rules', async () => {
  expect(await checkSql()).toEqual([])
})

describe('the walls', () => {
  it.each([
    ['its own table', 'log', 'select a from trickle_log_state.rows'],
    ['a function of an owner before it', 'readers', 'select trickle_log_state.count_rows()'],
    ['another one’s table in a comment', 'readers', 'select 1 -- as trickle_log_state.rows has it'],
  ])('let an owner use %s', (_, owner, sql) => {
    expect(breaches(file(owner, sql))).toEqual([])
  })

  it.each([
    [
      'read of another’s table',
      'readers',
      'select a from trickle_log_state.rows',
      /belongs to log: call a function/,
    ],
    ['write of another’s table', 'log', 'delete from trickle_tenants_state.rows r', /belongs to tenants/],
    ['row type of another’s table', 'readers', 'declare v trickle_log_state.rows;', /belongs to log/],
    [
      'text that is executed',
      'readers',
      "execute format('grant select on trickle_log_state.rows to x')",
      /belongs to log/,
    ],
    [
      'call upward',
      'tenants',
      'select trickle_log_state.count_rows()',
      /belongs to log, which stands on tenants/,
    ],
    ['name that nothing makes', 'log', 'select trickle_log_state.count_row()', /no file in sql\/ makes it/],
    [
      'schema that nothing makes',
      'log',
      'select trickle_other_state.count()',
      /no migration makes the schema/,
    ],
  ])('find a %s', (_, owner, sql, rule) => {
    expect(breaches(file(owner, sql))).toEqual([expect.stringMatching(rule)])
  })

  it('stand between contexts too, which are beside each other and below nobody', () => {
    const contexts = ['bookings', 'notes']
    const begun = contexts.flatMap((owner) => [
      sqlSource(`${owner}/0001_begin`, owner, 'migration', `create schema trickle_${owner}_state;`),
      sqlSource(
        `${owner}/count`,
        owner,
        'function',
        `create function trickle_${owner}_state.count() returns int`,
      ),
    ])
    const grown = catalogOf([...house, ...begun])
    const between = (owner: string, schema: string): string[] =>
      rulesOf(findWallBreaches([file(owner, `select ${schema}.count()`)], grown, ORDER, []))
    expect(between('notes', 'trickle_notes_state')).toEqual([])
    expect(between('notes', 'trickle_bookings_state')).toEqual([expect.stringContaining('or beside it')])
    expect(between('bookings', 'trickle_notes_state')).toEqual([expect.stringContaining('or beside it')])
    expect(between('log', 'trickle_notes_state')).toEqual([expect.stringContaining('stands on log')])
    expect(breaches(file('notes', 'select trickle_log_state.count_rows()'))).toEqual([])
  })

  it('hold for TypeScript, whose comments may name everything', () => {
    const text =
      "/** Of trickle_log_state.rows. */\n// trickle_log_state.rows\nexport const a = 'select a from trickle_log_state.rows'"
    expect(breaches(typescriptSource('shared/http/a.ts', 'http', text))).toHaveLength(1)
    expect(
      breaches(typescriptSource('shared/http/a.ts', 'http', text.split('\n').slice(0, 2).join('\n'))),
    ).toEqual([])
    expect(breaches(typescriptSource('shared/log/a.ts', 'log', text))).toEqual([])
  })

  it('have exceptions, which are told when nothing needs them', () => {
    const exception = { source: 'readers/made', table: 'trickle_log_state.rows', reason: 'fast' }
    expect(breaches(file('readers', 'select a from trickle_log_state.rows'), [exception])).toEqual([])
    expect(breaches(file('readers', 'select 1'), [exception])).toEqual([
      'the exception for trickle_log_state.rows is not needed any more',
    ])
  })
})

describe('a statement on a tenant’s table', () => {
  it.each([
    'select a from trickle_log_state.rows r where r.tenant_id = p_tenant',
    'select a from trickle_log_state.rows where tenant_id = $1',
    'select 1 from unnest(p_tenants) u left join trickle_log_state.rows r on u.tenant_id = r.tenant_id',
    'insert into trickle_log_state.rows as r (tenant_id, a) values (p_tenant, 1)',
    'update trickle_log_state.rows r set a = 1 where r.tenant_id = any (p_tenants) and r.tenant_id = p_tenant',
    'select a from trickle_readers_state.rows',
  ])('names its tenant: %s', (sql) => {
    expect(tenantless(file('log', sql))).toEqual([])
  })

  it.each([
    'select a from trickle_log_state.rows r',
    'select a from trickle_log_state.rows',
    'select r.tenant_id from trickle_log_state.rows r where r.a = 1',
    'select 1 from trickle_log_state.rows r where r.tenant_id = p_tenant; select a from trickle_log_state.rows r',
    'for v in select a from trickle_log_state.rows r loop select 1 from x r where r.tenant_id = p_tenant; end loop',
    'select 1 from trickle_log_state.rows r join trickle_log_state.rows s on r.tenant_id = p_tenant',
    'select (select a from trickle_log_state.rows r) from trickle_log_state.rows r where r.tenant_id = p_tenant',
    'insert into trickle_log_state.rows (a) values (1)',
    'update trickle_log_state.rows r set a = 1',
    'delete from trickle_log_state.rows using x where x.tenant_id = p_tenant',
  ])('is found without: %s', (sql) => {
    expect(tenantless(file('log', sql))).toEqual([
      'a statement on trickle_log_state.rows names no tenant: add tenant_id = ...',
    ])
  })

  it('is found in TypeScript', () => {
    expect(
      tenantless(
        typescriptSource('shared/log/a.ts', 'log', 'const a = `select a\n from trickle_log_state.rows r`'),
      ),
    ).toHaveLength(1)
  })

  it('has exceptions, which are told when nothing needs them', () => {
    const exception = { source: 'log/made', table: 'trickle_log_state.rows', reason: 'the feed of all' }
    expect(tenantless(file('log', 'select a from trickle_log_state.rows r'), [exception])).toEqual([])
    expect(tenantless(file('log', 'select 1'), [exception])).toHaveLength(1)
  })
})

describe('the rules of the whole house', () => {
  /** The product's SQL with one text changed, and what is found then. */
  async function changed(name: string, piece: string, replacement: string): Promise<string[]> {
    const sources = await readSources()
    const mutated = sources.map((source) => {
      if (source.name !== name) return source
      if (!source.text.includes(piece)) throw new Error(`${name} does not hold ${piece}`)
      return { ...source, text: source.text.replaceAll(piece, replacement) }
    })
    const whole = catalogOf(mutated)
    return rulesOf([
      ...findWallBreaches(
        mutated,
        whole,
        ['tenancy', 'receipts', 'event-store', 'subscriptions', 'adx', 'audit', 'messages'],
        [],
      ),
      ...findTenantless(mutated, whole, {}, []),
    ])
  }

  it.each([
    [
      'event-store/find_append',
      'e.tenant_id = p_tenant and e.source',
      'e.source',
      'trickle_events_log.events names no tenant',
    ],
    [
      'event-store/append',
      'where s.tenant_id = p_tenant and s.stream_id = p_streams[1]',
      'where s.stream_id = p_streams[1]',
      'trickle_events_log.streams names no tenant',
    ],
    [
      'shared/receipts/index.ts',
      'r.tenant_id = $1 and r.key',
      'r.key',
      'trickle_commands_log.receipts names no tenant',
    ],
    [
      'adx/seal',
      'trickle_subscriptions_state.hold_checkpoint',
      'trickle_subscriptions_state.members',
      'belongs to subscriptions',
    ],
    [
      'subscriptions/move_checkpoints',
      'trickle_subscriptions_state.place_members',
      'trickle_analytics_outbox.complete',
      'belongs to adx, which stands on',
    ],
  ])('find a fault that is put into %s', async (name, piece, replacement, rule) => {
    const before = await changed(name, piece, piece)
    const after = await changed(name, piece, replacement)
    expect(before.length).toBeLessThan(after.length)
    expect(after.join('\n')).toContain(rule)
  })
})

it('a line of SQL is 120 characters long at most', () => {
  expect(findLongLines([file('log', `select 1\n${'x'.repeat(120)}`)])).toEqual([])
  expect(rulesOf(findLongLines([file('log', `select 1\n${'x'.repeat(121)}`)]))).toEqual([
    'line 2 has 121 characters: 120 at most',
  ])
})
