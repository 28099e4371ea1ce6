import type { Client } from 'pg'

const OURS = "n.nspname like 'trickle\\_%' and n.nspname <> 'trickle_platform_migrations'"

const QUERIES: readonly string[] = [
  `select 'schema', n.nspname, pg_get_userbyid(n.nspowner), n.nspacl::text from pg_namespace n where ${OURS}`,
  `select 'relation', c.oid::regclass::text, c.relkind::text, pg_get_userbyid(c.relowner), c.relacl::text, c.reloptions::text,
      c.relrowsecurity::text, c.relforcerowsecurity::text, pg_get_expr(c.relpartbound, c.oid), pg_get_partkeydef(c.oid)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${OURS} and c.relkind <> 'i' and c.relkind <> 'I'`,
  `select 'column', a.attrelid::regclass::text, a.attnum::text, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull::text,
      a.attidentity::text, a.attgenerated::text, a.attcollation::regcollation::text, a.attacl::text, pg_get_expr(d.adbin, d.adrelid)
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where ${OURS} and a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm')`,
  `select 'index', pg_get_indexdef(i.indexrelid) from pg_index i join pg_class c on c.oid = i.indrelid
    join pg_namespace n on n.oid = c.relnamespace where ${OURS}`,
  `select 'constraint', k.conrelid::regclass::text, k.conname, k.convalidated::text, pg_get_constraintdef(k.oid)
    from pg_constraint k join pg_namespace n on n.oid = k.connamespace where ${OURS}`,
  `select 'policy', p.polrelid::regclass::text, p.polname, p.polcmd::text, p.polpermissive::text,
      array(select pg_get_userbyid(r) from unnest(p.polroles) as r order by 1)::text,
      pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
    from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace where ${OURS}`,
  `select 'function', p.oid::regprocedure::text, pg_get_userbyid(p.proowner), p.proacl::text, md5(pg_get_functiondef(p.oid))
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${OURS}`,
  `select 'trigger', pg_get_triggerdef(t.oid) from pg_trigger t join pg_class c on c.oid = t.tgrelid
    join pg_namespace n on n.oid = c.relnamespace where ${OURS} and not t.tgisinternal`,
  `select 'default privileges', pg_get_userbyid(d.defaclrole), d.defaclobjtype::text, d.defaclacl::text from pg_default_acl d`,
]

/** Every fact of the catalog that a migration decides, as sorted lines: two databases with the same lines are the same. */
export async function catalogFacts(client: Client): Promise<string[]> {
  const lines: string[] = []
  for (const text of QUERIES) {
    const { rows } = await client.query<(string | null)[]>({ text, rowMode: 'array' })
    lines.push(...rows.map((row) => row.map((value) => value ?? '-').join(' | ')))
  }
  return lines.sort()
}
