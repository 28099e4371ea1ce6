import type { Client } from 'pg'

/**
 * What deployed code may call: each function that one of the logins below can execute, with the types of its
 * arguments, how many of them may be left out, and what it returns by name and type. Sorted, one line each.
 */
export async function signaturesOf(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ line: string }>(
    `select format('%s%s returns %s', p.oid::regprocedure,
        case when p.pronargdefaults > 0 then format(', %s of them optional', p.pronargdefaults) end,
        coalesce((select case when p.proretset then 'rows ' else '' end
              || '(' || string_agg(format('%s %s', a.name, format_type(a.type, null)), ', ' order by a.n) || ')'
            from unnest(p.proallargtypes, p.proargmodes, p.proargnames) with ordinality as a (type, mode, name, n)
            where a.mode in ('o', 'b', 't')), pg_get_function_result(p.oid))) as line
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname like 'trickle\\_%' and exists (
        select from unnest(array['trickle_app', 'trickle_worker', 'trickle_forwarder', 'trickle_operator']) as l (login)
          where has_function_privilege(l.login, p.oid, 'execute'))`,
  )
  return rows.map(({ line }) => line).sort()
}

/**
 * The signatures of a release that the database does not have any more. Older code still calls them: code that runs
 * while the database is changed, and code that is put back after a fault.
 */
export const missingSignatures = (released: readonly string[], present: readonly string[]): string[] =>
  released.filter((line) => line !== '' && !line.startsWith('#') && !present.includes(line))
