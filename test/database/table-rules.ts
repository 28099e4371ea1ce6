import { OWN_SCHEMA, ruleOf } from './catalog-rule.ts'
import type { CatalogRule } from './catalog-rule.ts'
import { batchFunctions, tenantlessTables, unforcedTables } from './tenantless-tables.ts'

const RELATIONS = `pg_class c join pg_namespace n on n.oid = c.relnamespace and ${OWN_SCHEMA}`
const NAME = "format('%s.%s', n.nspname, c.relname)"
const HAS_TENANT =
  "exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)"
const tenantless = (): unknown[] => [Object.keys(tenantlessTables)]

/** The one thing that a policy of a tenant's table may say to the app and to the owner, as whom the functions run. */
const TENANT_PREDICATE = '(tenant_id = trickle_tenants_state.current_tenant_id())'

/**
 * And to the writer, who serves several at once. The only sub-select in a policy: it reads the list of a batch once in a
 * statement. A cluster of nodes refuses it, and can not write appends of several tenants in one transaction anyway.
 */
const BATCH_PREDICATE =
  '(tenant_id = ANY (( SELECT trickle_tenants_state.batch_tenants() AS batch_tenants)::uuid[]))'

export const tableRules: readonly CatalogRule[] = [
  ruleOf(
    'every object lives in a schema named trickle_{domain}_{purpose}',
    `select n.nspname::text from pg_namespace n where ${OWN_SCHEMA} and n.nspname <> 'public' and n.nspname !~ '^trickle_[a-z]+_[a-z]+$'
      union all select ${NAME} from ${RELATIONS} where n.nspname = 'public'
      union all select p.oid::regprocedure::text from pg_proc p where p.pronamespace = 'public'::regnamespace`,
  ),
  ruleOf(
    'every table has row-level security, enabled and forced',
    `select ${NAME} from ${RELATIONS} where c.relkind in ('r', 'p', 'f')
      and not (c.relrowsecurity and (c.relforcerowsecurity or ${NAME} = any ($1)))`,
    () => [Object.keys(unforcedTables)],
  ),
  ruleOf(
    'every table has a tenant_id that can not be null, or is listed as tenantless',
    `select ${NAME} from ${RELATIONS} where c.relkind in ('r', 'p', 'f') and ${NAME} <> all ($1)
      and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and a.attnotnull and a.atttypid = 'uuid'::regtype)`,
    tenantless,
  ),
  ruleOf(
    'every table listed as tenantless exists',
    `select t.name from unnest($1::text[]) as t (name) where to_regclass(t.name) is null`,
    tenantless,
  ),
  ruleOf(
    'every key and exclusion of a tenant table begins with tenant_id',
    `select i.indexrelid::regclass::text from pg_index i join (${RELATIONS}) on i.indrelid = c.oid
      where (i.indisunique or i.indisexclusion) and ${NAME} <> all ($1)
        and i.indkey[0] is distinct from (select a.attnum from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id')`,
    tenantless,
  ),
  ruleOf(
    'a policy of a tenant table lets the app and the owner see and write the bound tenant only',
    `select format('%s on %s', p.polname, ${NAME}) from pg_policy p join (${RELATIONS}) on p.polrelid = c.oid
      where ${NAME} <> all ($1) and ${HAS_TENANT} and p.polpermissive
        and p.polroles && array[0, 'trickle_app'::regrole::oid, 'trickle_owner'::regrole::oid]
        and (coalesce(pg_get_expr(p.polqual, p.polrelid), $2) <> $2 or coalesce(pg_get_expr(p.polwithcheck, p.polrelid), $2) <> $2)`,
    () => [Object.keys(tenantlessTables), TENANT_PREDICATE],
  ),
  ruleOf(
    'no policy has a sub-select, save that of the writer of batches',
    `select format('%s on %s', p.polname, p.polrelid::regclass) from pg_policy p
      where replace(concat(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)),
        case when p.polroles = array['trickle_writer'::regrole::oid] then $1 else '' end, '') ~* '\\mselect\\M'`,
    () => [BATCH_PREDICATE],
  ),
  ruleOf(
    'there are no triggers and no rewrite rules',
    `select format('%s on %s', t.tgname, t.tgrelid::regclass) from pg_trigger t join (${RELATIONS}) on t.tgrelid = c.oid where not t.tgisinternal
      union all select evtname::text from pg_event_trigger
      union all select format('%s on %s', r.rulename, r.ev_class::regclass) from pg_rewrite r join (${RELATIONS}) on r.ev_class = c.oid where r.rulename <> '_RETURN'`,
  ),
  ruleOf(
    'no foreign key crosses tenants',
    `select format('%s on %s', k.conname, ${NAME}) from pg_constraint k join (${RELATIONS}) on k.conrelid = c.oid
      where k.contype = 'f' and ${HAS_TENANT} and not exists (
        select from unnest(k.conkey, k.confkey) as pair (own, other)
        join pg_attribute a on a.attrelid = k.conrelid and a.attnum = pair.own
        join pg_attribute b on b.attrelid = k.confrelid and b.attnum = pair.other
        where a.attname = 'tenant_id' and b.attname = 'tenant_id')`,
  ),
  ruleOf(
    'everything belongs to trickle_owner, but for the functions of a batch',
    `select ${NAME} from ${RELATIONS} where pg_get_userbyid(c.relowner) <> 'trickle_owner'
      union all select n.nspname::text from pg_namespace n where ${OWN_SCHEMA} and n.nspname <> 'public' and pg_get_userbyid(n.nspowner) <> 'trickle_owner'
      union all select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace and ${OWN_SCHEMA}
        where pg_get_userbyid(p.proowner) <> case when p.oid::regprocedure::text = any ($1) then 'trickle_writer' else 'trickle_owner' end`,
    () => [Object.keys(batchFunctions)],
  ),
  ruleOf(
    'a policy of a tenant table lets the writer see and write the tenants of its batch only',
    `select format('%s on %s', p.polname, ${NAME}) from pg_policy p join (${RELATIONS}) on p.polrelid = c.oid
      where 'trickle_writer'::regrole = any (p.polroles) and (${HAS_TENANT} or ${NAME} = 'trickle_tenants_state.tenants')
        and (coalesce(pg_get_expr(p.polqual, p.polrelid), $1) <> $1 or coalesce(pg_get_expr(p.polwithcheck, p.polrelid), $1) <> $1)`,
    () => [BATCH_PREDICATE],
  ),
  ruleOf(
    'views ask as the one who reads them',
    `select ${NAME} from ${RELATIONS} where c.relkind = 'v' and not coalesce(c.reloptions, '{}') && array['security_invoker=true', 'security_invoker=on']`,
  ),
  ruleOf(
    'no login reads a materialized view, which can have no policy',
    `select format('%s by %s', ${NAME}, r.rolname) from ${RELATIONS} cross join pg_roles r
      where c.relkind = 'm' and r.rolname in ('trickle_app', 'trickle_worker', 'trickle_forwarder', 'trickle_operator') and has_table_privilege(r.oid, c.oid, 'select')`,
  ),
  ruleOf(
    'no login touches a sequence',
    `select format('%s by %s', ${NAME}, r.rolname) from ${RELATIONS} cross join pg_roles r
      where c.relkind = 'S' and r.rolname in ('trickle_app', 'trickle_worker', 'trickle_forwarder', 'trickle_operator')
        and has_sequence_privilege(r.oid, c.oid, 'usage, select, update')`,
  ),
  ruleOf(
    'nothing is granted to everybody',
    `select ${NAME} from ${RELATIONS}, aclexplode(c.relacl) as g where g.grantee = 0
      union all select n.nspname::text from pg_namespace n, aclexplode(n.nspacl) as g where ${OWN_SCHEMA} and g.grantee = 0`,
  ),
]
