import type { Client } from 'pg'
import type { Login } from '../../shared/postgres/index.ts'
import { OWN_SCHEMA, lines, ruleOf } from './catalog-rule.ts'
import type { CatalogRule } from './catalog-rule.ts'
import { batchFunctions, READABLE_SETTINGS, tenantlessFunctions } from './tenantless-tables.ts'

const FUNCTIONS = `pg_proc p join pg_namespace n on n.oid = p.pronamespace and ${OWN_SCHEMA}`
const NAME = 'p.oid::regprocedure::text'
const BY_APP = "has_function_privilege('trickle_app', p.oid, 'execute')"
const TENANT_FIRST = "(p.proargnames[1] = 'p_tenant' and p.proargtypes[0] = 'uuid'::regtype)"
const listed = (): unknown[] => [Object.keys({ ...tenantlessFunctions, ...batchFunctions })]
const batches = (): unknown[] => [Object.keys(batchFunctions)]

export const functionRules: readonly CatalogRule[] = [
  ruleOf(
    'no function is executable by everybody',
    `select ${NAME} from ${FUNCTIONS} where exists (
      select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as g where g.grantee = 0)`,
  ),
  ruleOf(
    'a function that acts as its owner has a pinned search path, with temporary objects last',
    `select ${NAME} from ${FUNCTIONS} where p.prosecdef and not coalesce(p.proconfig, '{}') && array['search_path=pg_catalog, pg_temp']`,
  ),
  ruleOf(
    'every function that the app can execute takes p_tenant uuid first, or is listed',
    `select ${NAME} from ${FUNCTIONS} where ${BY_APP} and p.prokind in ('f', 'p') and not ${TENANT_FIRST} and ${NAME} <> all ($1)`,
    listed,
  ),
  ruleOf(
    'every function listed as tenantless exists',
    'select t.name from unnest($1::text[]) as t (name) where to_regprocedure(t.name) is null',
    listed,
  ),
  ruleOf(
    'no function that the app can execute takes a tenant, or several, in another argument',
    `select ${NAME} from ${FUNCTIONS}, unnest(p.proargnames) with ordinality as a (name, n)
      where ${BY_APP} and ${NAME} <> all ($1) and a.n > 1 and a.n <= p.pronargs and a.name ~* 'tenant'
      union select ${NAME} from ${FUNCTIONS}, unnest(p.proargtypes::oid[]) with ordinality as a (type, n)
      where ${BY_APP} and ${NAME} <> all ($1) and (a.type = 'uuid[]'::regtype or (a.type = 'uuid'::regtype and a.n > 1))`,
    batches,
  ),
  ruleOf(
    'no function that the app can execute reads a setting that could name another tenant',
    `select format('%s reads %s', ${NAME}, m[1]) from ${FUNCTIONS}, regexp_matches(p.prosrc, 'current_setting\\s*\\(\\s*([^,)]*)', 'gi') as m
      where ${BY_APP} and trim(both from m[1]) <> all ($1)`,
    () => [READABLE_SETTINGS.map((name) => `'${name}'`)],
  ),
  ruleOf(
    'names are folded by fold_name and by nothing else',
    `select ${NAME} from ${FUNCTIONS} where ${NAME} <> 'trickle_tenants_state.fold_name(text)'
        and p.prosrc ~* '\\m(lower|upper|initcap|casefold|normalize)\\s*\\(|~\\*|~~\\*|\\milike\\M'
      union all select pg_get_constraintdef(k.oid) from pg_constraint k join pg_namespace n on n.oid = k.connamespace and ${OWN_SCHEMA}
        where pg_get_constraintdef(k.oid) ~* '\\m(lower|upper|initcap|casefold|normalize)\\(|~\\*|~~\\*'
      union all select p.polname::text from pg_policy p
        where concat(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) ~* '\\m(lower|upper)\\(|~\\*'`,
  ),
  { name: 'every function with p_tenant refuses a transaction of another tenant', find: findUnrefused },
]

/** Calls each function for one tenant while another is bound, with nothing in its other arguments, as the app. */
async function findUnrefused(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string; call: string }>(
    `select ${NAME} as name, format('select %s(%s)', p.oid::regproc,
        (select string_agg(case when a.n = 1 then '$1::uuid' else format('null::%s', format_type(a.type, null)) end, ', ' order by a.n)
          from unnest(p.proargtypes::oid[]) with ordinality as a (type, n))) as call
      from ${FUNCTIONS} where ${BY_APP} and p.prokind in ('f', 'p') and ${TENANT_FIRST}`,
  )
  const unrefused: string[] = []
  for (const { name, call } of rows) {
    await client.query('savepoint before_call')
    await client.query("select set_config('app.tenant_id', gen_random_uuid()::text, true)")
    await client.query('set local role trickle_app')
    const code = await client
      .query(call, ['00000000-0000-4000-8000-000000000001'])
      .then(() => 'no refusal')
      .catch((error: unknown) => (error as { code?: string }).code ?? 'no code')
    await client.query('rollback to before_call')
    if (code !== 'TK001') unrefused.push(`${name}: ${code}`)
  }
  return unrefused
}

/** The functions that a login can execute, for those who call each of them. */
export const callableBy = (client: Client, login: Login): Promise<string[]> =>
  lines(
    client,
    `select ${NAME} from ${FUNCTIONS} where has_function_privilege($1, p.oid, 'execute') order by 1`,
    [login],
  )
