import type { Client } from 'pg'
import { TrickleError } from '../shared/errors/index.ts'
import type { FunctionFile } from './function-files.ts'
import { HAND_OVER } from './run-migration.ts'

export interface FunctionReport {
  /** Functions whose text was put into the database now. */
  readonly applied: readonly string[]
  /** Functions of which the database holds a newer text: this checkout is older. They stay as they are. */
  readonly keptNewer: readonly string[]
  /** Functions of the database that no file of this checkout makes. They stay until a migration drops them. */
  readonly withoutFile: readonly string[]
}

interface State {
  /** Checksums of each file's texts, the current one last. */
  readonly texts: ReadonlyMap<string, readonly string[]>
  /** Each recorded file's function. */
  readonly functionNames: ReadonlyMap<string, string>
  /** Functions that exist, by schema and name. */
  readonly present: ReadonlySet<string>
}

/**
 * A change of a function waits for no lock of its own; these limits apply when somebody else is changing the catalog.
 */
const LIMITS = "set local lock_timeout = '2s'; set local statement_timeout = '60s'"

/**
 * Puts every function whose file has changed into the database, all in one transaction. A text that the database has
 * had and has replaced comes from an older checkout, so the newer text stays, unless `replaceNewer`.
 * @throws TrickleError CONFIGURATION_INVALID when a file can't be applied; nothing of any file is changed then
 */
export async function applyFunctions(
  client: Client,
  files: readonly FunctionFile[],
  replaceNewer: boolean,
): Promise<FunctionReport> {
  await client.query('begin')
  try {
    await client.query(LIMITS)
    const state = await readState(client)
    await forgetDropped(client, state)
    const changed = files.filter((file) => isChanged(file, state))
    const isOlder = (file: FunctionFile): boolean =>
      !replaceNewer && state.present.has(file.functionName) && textsOf(file, state).includes(file.checksum)
    const toApply = changed.filter((file) => !isOlder(file))
    for (const file of toApply) await applyFile(client, file)
    await checkBodies(client, toApply)
    await client.query(HAND_OVER)
    await client.query('commit')
    const names = new Set(files.map(({ name }) => name))
    return {
      applied: toApply.map(({ name }) => name),
      keptNewer: changed.filter(isOlder).map(({ name }) => name),
      withoutFile: [...state.functionNames]
        .filter(([name, functionName]) => !names.has(name) && state.present.has(functionName))
        .map(([name]) => name),
    }
  } catch (error) {
    await client.query('rollback').catch(() => {})
    throw error
  }
}

/** Takes every function of a file out of the database, in one transaction; those of migrations stay. */
export async function dropFunctions(client: Client): Promise<void> {
  await client.query(`begin; ${LIMITS}`)
  try {
    const { rows } = await client.query<{ signature: string }>(
      `select p.oid::regprocedure::text as signature from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where format('%s.%s', n.nspname, p.proname) in (select f.function_name from trickle_platform_migrations.functions f)`,
    )
    if (rows.length > 0)
      await client.query(`drop function ${rows.map(({ signature }) => signature).join(', ')}`)
    await client.query('delete from trickle_platform_migrations.functions; commit')
  } catch (error) {
    await client.query('rollback').catch(() => {})
    throw error
  }
}

async function readState(client: Client): Promise<State> {
  const recorded = await client.query<{ name: string; checksum: string; function_name: string }>(
    'select name, checksum, function_name from trickle_platform_migrations.functions order by ordinal',
  )
  const present = await client.query<{ name: string }>(
    `select distinct format('%s.%s', n.nspname, p.proname) as name from pg_proc p
      join pg_namespace n on n.oid = p.pronamespace where n.nspname like 'trickle\\_%'`,
  )
  const texts = new Map<string, string[]>()
  for (const { name, checksum } of recorded.rows) texts.set(name, [...(texts.get(name) ?? []), checksum])
  return {
    texts,
    functionNames: new Map(recorded.rows.map((row) => [row.name, row.function_name])),
    present: new Set(present.rows.map((row) => row.name)),
  }
}

const textsOf = ({ name }: FunctionFile, { texts }: State): readonly string[] => texts.get(name) ?? []

const isChanged = (file: FunctionFile, state: State): boolean =>
  textsOf(file, state).at(-1) !== file.checksum || !state.present.has(file.functionName)

/**
 * Removes the record of functions that a migration has dropped. Code that still needs one of them is then not ready.
 */
async function forgetDropped(client: Client, { functionNames, present }: State): Promise<void> {
  const dropped = [...functionNames].filter(([, functionName]) => !present.has(functionName))
  await client.query('delete from trickle_platform_migrations.functions f where f.name = any ($1)', [
    dropped.map(([name]) => name),
  ])
}

async function applyFile(client: Client, file: FunctionFile): Promise<void> {
  const { path, name, checksum, functionName, sql } = file
  try {
    await revokeGrants(client, functionName)
    // PostgreSQL checks the body of a function in SQL when the function is made, but it may call one that is made
    // later. So the check is off here, and `checkBodies` does it at the end.
    await client.query(`set local check_function_bodies = ${/\blanguage sql\b/.test(sql) ? 'off' : 'on'}`)
    await client.query(sql)
  } catch (error) {
    throw notApplied(path, error)
  }
  await refuseOtherSignatures(client, file)
  await client.query(
    'delete from trickle_platform_migrations.functions f where f.name = $1 and f.checksum = $2',
    [name, checksum],
  )
  await client.query(
    'insert into trickle_platform_migrations.functions (name, checksum, function_name) values ($1, $2, $3)',
    [name, checksum, functionName],
  )
}

/**
 * A text with other arguments would add a second function beside the old one, and nothing would ever remove the old
 * one.
 */
async function refuseOtherSignatures(
  client: Client,
  { path, functionName, definitions }: FunctionFile,
): Promise<void> {
  const { rows } = await client.query<{ signature: string }>(
    `select p.oid::regprocedure::text as signature from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where format('%s.%s', n.nspname, p.proname) = $1 order by 1`,
    [functionName],
  )
  if (rows.length <= definitions) return
  throw notApplicable(
    path,
    `the database would have ${rows.map(({ signature }) => signature).join(' and ')}. ${NEW_NAME}`,
  )
}

/** Afterwards only the grants of the file hold: `create or replace` would keep what an earlier text had granted. */
async function revokeGrants(client: Client, functionName: string): Promise<void> {
  const { rows } = await client.query<{ statement: string }>(
    `select format('revoke all on function %s from %s', p.oid::regprocedure,
        string_agg(case g.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(g.grantee)) end, ', ')) as statement
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace cross join aclexplode(p.proacl) as g
      where format('%s.%s', n.nspname, p.proname) = $1 and g.grantee <> p.proowner and pg_has_role(p.proowner, 'usage')
      group by p.oid`,
    [functionName],
  )
  for (const { statement } of rows) await client.query(statement)
}

/** Checks the bodies in SQL, when everything that they may call exists. */
async function checkBodies(client: Client, files: readonly FunctionFile[]): Promise<void> {
  await client.query('set local check_function_bodies = on')
  for (const { path, functionName } of files) {
    try {
      await client.query(
        `select pg_catalog.fmgr_sql_validator(p.oid) from pg_proc p join pg_namespace n on n.oid = p.pronamespace
          join pg_language l on l.oid = p.prolang where format('%s.%s', n.nspname, p.proname) = $1 and l.lanname = 'sql'`,
        [functionName],
      )
    } catch (error) {
      throw notApplied(path, error)
    }
  }
}

/**
 * A fault of the file is reported with its path. Other errors, such as a lost connection or a lock timeout, stay as
 * they are.
 */
function notApplied(path: string, error: unknown): unknown {
  const { code = '', message } = error as Error & { code?: string }
  if (!FAULTS_OF_TEXT.test(code)) return error
  return notApplicable(path, SIGNATURE_CHANGED.has(code) ? `${message}. ${NEW_NAME}` : message, error)
}

const notApplicable = (path: string, reason: string, cause?: unknown): TrickleError =>
  new TrickleError('CONFIGURATION_INVALID', `${path} can't be applied: ${reason}. No function was changed.`, {
    cause,
  })

const NEW_NAME =
  'A function that takes or gives something else gets a new name, since deployed code calls the old one'

/**
 * 42725: the name has two functions, and a grant does not say which one it means. 42P13: another result or other
 * parameter names.
 */
const SIGNATURE_CHANGED = new Set(['42725', '42P13'])

/**
 * Classes of SQLSTATE for faults of the text itself: 42 syntax and rights, 22 invalid values, 0A what PostgreSQL does
 * not support, 2B what others depend on, 3F a schema that does not exist.
 */
const FAULTS_OF_TEXT = /^(42|22|0A|2B|3F)/
