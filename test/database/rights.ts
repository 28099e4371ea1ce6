import type { Client } from 'pg'
import { lines, OWN_SCHEMA } from './catalog-rule.ts'

/** Everybody who can act: the logins, the role that owns the functions of a batch, and "everybody". */
export const HOLDERS = [
  'trickle_app',
  'trickle_worker',
  'trickle_forwarder',
  'trickle_operator',
  'trickle_migrator',
  'trickle_writer',
  'trickle_inspector',
  'public',
] as const

/** Partitions of a table are one line as long as they are alike. */
const RELATION = "regexp_replace(format('%s.%s', n.nspname, c.relname), '_p\\d\\d$', '_p*')"

const QUERIES: readonly string[] = [
  `select format('schema %s: %s', n.nspname, string_agg(v.verb, ', ' order by v.n))
    from pg_namespace n cross join unnest(array['usage', 'create']) with ordinality as v (verb, n)
    where ${OWN_SCHEMA} and has_schema_privilege($1, n.oid, v.verb) group by n.nspname`,
  // By columns: all of them, or those in brackets.
  `with verbs as (
      select c.oid, ${RELATION} as relation, v.n, v.verb, count(*) as columns,
          array_agg(a.attname::text order by a.attname) filter (where has_column_privilege($1, c.oid, a.attnum, v.verb)) as granted
        from pg_class c join pg_namespace n on n.oid = c.relnamespace and ${OWN_SCHEMA}
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        cross join unnest(array['select', 'insert', 'update', 'references']) with ordinality as v (verb, n)
        where c.relkind in ('r', 'p', 'v', 'm', 'f') group by c.oid, n.nspname, c.relname, v.n, v.verb
      union all
      select c.oid, ${RELATION}, 4 + v.n, v.verb, 0, case when has_table_privilege($1, c.oid, v.verb) then '{}'::text[] end
        from pg_class c join pg_namespace n on n.oid = c.relnamespace and ${OWN_SCHEMA}
        cross join unnest(array['delete', 'truncate', 'trigger', 'maintain']) with ordinality as v (verb, n)
        where c.relkind in ('r', 'p', 'v', 'm', 'f')),
    relations as (
      select v.oid, v.relation, string_agg(v.verb || case when v.columns > cardinality(v.granted)
            then format(' (%s)', array_to_string(v.granted, ', ')) else '' end, ', ' order by v.n) as rights
        from verbs v where v.granted is not null group by v.oid, v.relation)
    select distinct format('table %s: %s', r.relation, r.rights) from relations r`,
  `select format('sequence %s.%s: %s', n.nspname, c.relname, string_agg(v.verb, ', ' order by v.n))
    from pg_class c join pg_namespace n on n.oid = c.relnamespace and ${OWN_SCHEMA}
    cross join unnest(array['usage', 'select', 'update']) with ordinality as v (verb, n)
    where c.relkind = 'S' and has_sequence_privilege($1, c.oid, v.verb) group by n.nspname, c.relname`,
  `select format('function %s: execute', p.oid::regprocedure)
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace and ${OWN_SCHEMA} where has_function_privilege($1, p.oid, 'execute')`,
]

/** What one of them may do in the whole database, a line for each object, with what it has by way of others. */
export async function rightsOf(client: Client, holder: string): Promise<string[]> {
  const found: string[] = []
  for (const query of QUERIES) found.push(...(await lines(client, query, [holder])))
  return found.sort()
}

/** The rights of all, as test/database/rights.txt holds them. */
export async function allRights(client: Client): Promise<string> {
  const sections: string[] = []
  for (const holder of HOLDERS) {
    const rights = await rightsOf(client, holder)
    sections.push(
      [holder, ...(rights.length === 0 ? ['nothing'] : rights).map((line) => `  ${line}`)].join('\n'),
    )
  }
  return `${sections.join('\n\n')}\n`
}
