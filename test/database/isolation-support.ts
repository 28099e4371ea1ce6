import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client } from 'pg'
import { owners } from '../../database/index.ts'
import type { Owner } from '../../database/index.ts'
import { lines, OWN_SCHEMA } from './catalog-rule.ts'
import type { TableVerb } from '../../shared/postgres/index.ts'

/** Two tenants whose rows a relation holds; in a table without tenants the names mean nothing. */
export interface Pair {
  readonly own: string
  readonly other: string
}

export const CONTEXTS = ['own', 'other', 'unset', 'malformed'] as const
export type Context = (typeof CONTEXTS)[number]

/** So many tenants that every one of the 16 partitions holds rows of at least two; their ids never change. */
const TENANTS = 120

/** The tenant of an operator's own receipts. */
export const PLATFORM = '00000000-0000-0000-0000-000000000000'

/**
 * Rows in every table, made by the functions of the product. What a tenant wrote holds `secret of {its id}`, so that a
 * leak is seen wherever it shows. Then those of each owner that has a file `testing/rows.sql`.
 */
export async function seedTenants(admin: Client, all: readonly Owner[] = owners()): Promise<void> {
  await admin.query(`do $$
    declare v_tenant uuid;
    begin
      for i in 1 .. ${TENANTS} loop
        v_tenant := md5('tenant ' || i)::uuid;
        with names as (
          insert into trickle_tenants_state.tenant_names (name, tenant_id) values (v_tenant, v_tenant), ('tenant-' || i, v_tenant))
        insert into trickle_tenants_state.tenants (tenant_id, slug, name) values (v_tenant, 'tenant-' || i, 'secret of ' || v_tenant);
        commit;
        perform trickle_events_log.append(v_tenant, array['s'], null::text[], array[0], 1,
          jsonb_build_array(jsonb_build_object('s', 1, 'id', 'shared-id', 'type', 'Seeded', 'data', 'secret of ' || v_tenant)), null, null,
          'shared-key', convert_to('secret of ' || v_tenant, 'UTF8'),
          jsonb_build_array(jsonb_build_object('s', 1, 'set', 'shared-set', 'value', 'secret of ' || v_tenant, 'release', false)));
        commit;
      end loop;
      insert into trickle_commands_log.receipts (tenant_id, key, fingerprint, status, result)
        values ('${PLATFORM}', 'platform-key', 'f', 201, '{}');
      insert into trickle_operations_audit.actions (request_id, action, outcome, issuer, subject, tenant_id, trace_id)
        select gen_random_uuid(), 'seeded', 'done', 'i', 's', t.tenant_id, 't' from trickle_tenants_state.tenants t;
      perform trickle_subscriptions_state.acquire('seeded', 0, 'somebody', 60000);
      insert into trickle_subscriptions_state.lanes (name, member, tenant_id, xid, position)
        select 'seeded', 0, t.tenant_id, '0', 0 from trickle_tenants_state.tenants t;
      insert into trickle_subscriptions_state.tenant_progress (name, tenant_id, xid, position)
        select 'seeded', t.tenant_id, '0', 0 from trickle_tenants_state.tenants t;
      insert into trickle_subscriptions_state.parked (name, tenant_id, stream_id, version, xid, position, source, event_id, type, state, blocks)
        select 'seeded', t.tenant_id, 's', 1, '0', 0, '', 'shared-id', 'Seeded', 'parked', true from trickle_tenants_state.tenants t;
      commit;
      perform trickle_analytics_outbox.seal(1, gen_random_uuid(), 'seeded', gen_random_uuid(), '0', 0, '0', 1, 1, 1, 'h', 'b', 't');
    end $$`)
  for (const { folder } of all) {
    const rows = await readFile(join(folder, 'testing', 'rows.sql'), 'utf8').catch(() => null)
    if (rows !== null) await admin.query(rows)
  }
}

export interface RelationRows extends Pair {
  readonly relation: string
  /** Every tenant whose rows it holds, sorted. */
  readonly tenants: readonly string[]
}

/** Every table, partition, view and materialized view of ours, with the tenants whose rows it holds. */
export async function relationsWithTenants(admin: Client): Promise<RelationRows[]> {
  const relations = await lines(
    admin,
    `select format('%s.%s', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace and ${OWN_SCHEMA}
      where c.relkind in ('r', 'p', 'v', 'm', 'f') order by 1`,
  )
  const found: RelationRows[] = []
  for (const relation of relations) {
    const tenants = await lines(
      admin,
      `select distinct coalesce(to_jsonb(t) ->> 'tenant_id', '-') from ${relation} t`,
    )
    const [own = '', other = own] = tenants.filter((tenant) => tenant !== PLATFORM).sort()
    found.push({ relation, own, other, tenants: tenants.sort() })
  }
  return found
}

export async function bind(client: Client, context: Context, pair: Pair): Promise<void> {
  if (context === 'unset') return
  const value = context === 'malformed' ? `${pair.own}' or true --` : pair[context]
  await client.query("select set_config('app.tenant_id', $1, true)", [value])
}

/** What an attempt came to: a SQLSTATE, or the tenants whose rows it touched ('-' for a row without tenant). */
export type Attempt = { readonly code: string } | { readonly tenants: readonly string[] }

/** Tries a verb on a relation, bound as the context says, and undoes it. An insert is of a row of `pair.own`. */
export async function attempt(
  client: Client,
  relation: string,
  verb: TableVerb,
  context: Context,
  pair: Pair,
  row: RowOf,
): Promise<Attempt> {
  await client.query('begin')
  try {
    await bind(client, context, pair)
    const { rows } = await client.query<[string]>({ text: statement(relation, verb, row), rowMode: 'array' })
    if (verb === 'truncate') return { tenants: ['-'] }
    return { tenants: [...new Set(rows.map(([tenant]) => tenant))].sort() }
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === undefined) throw error
    // The row is there already: so the policies let it through.
    return code === '23505' ? { tenants: [row.tenantId] } : { code }
  } finally {
    await client.query('rollback')
  }
}

/** A row of a relation as SQL literals, the columns that can be written, and one that an update may set to itself. */
export interface RowOf {
  readonly json: string
  readonly tenantId: string
  readonly columns: string
  readonly column: string
}

export async function rowOf(admin: Client, relation: string, pair: Pair): Promise<RowOf> {
  const [json = '{}'] = await lines(
    admin,
    `select to_jsonb(t)::text from ${relation} t where coalesce(to_jsonb(t) ->> 'tenant_id', '-') = $1 limit 1`,
    [pair.own],
  )
  const columnsWhere = (condition: string): Promise<string[]> =>
    lines(
      admin,
      `select a.attname::text from pg_attribute a where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped
        and a.attgenerated = '' and ${condition} order by a.attnum`,
      [relation],
    )
  const columns = (await columnsWhere('true')).join(', ')
  const column = (await columnsWhere("a.attidentity = ''")).at(-1) ?? ''
  return { json, tenantId: pair.own, columns, column }
}

function statement(relation: string, verb: TableVerb, { json, columns, column }: RowOf): string {
  const tenant = "coalesce(to_jsonb(t) ->> 'tenant_id', '-')"
  switch (verb) {
    case 'select':
      return `select ${tenant} from ${relation} t`
    case 'insert':
      return `insert into ${relation} as t (${columns}) overriding system value
        select ${columns} from jsonb_populate_record(null::${relation}, '${json.replaceAll("'", "''")}')`
    case 'update':
      return `update ${relation} t set ${column} = ${column} returning ${tenant}`
    case 'delete':
      return `delete from ${relation} t returning ${tenant}`
    case 'truncate':
      return `truncate ${relation}`
  }
}
