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
  /** Checksums of each file's texts, the present one last. */
  readonly texts: ReadonlyMap<string, readonly string[]>
  /** Each recorded file's function. */
  readonly functionNames: ReadonlyMap<string, string>
  /** Functions that are there, by schema and name. */
  readonly present: ReadonlySet<string>
}

/** A change of a function waits for no lock; these are for a catalog that somebody else is changing. */
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

/** A function that a migration has dropped is not part of the database any more, so older code is not ready for it. */
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
    // The body of a function in SQL is looked into when the function is made, and may call one that is made after it.
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

/** A text with other arguments would stand beside the old function, which nobody would ever remove. */
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

/** What a file does not grant is not granted: `create or replace` would keep what an earlier text had granted. */
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

/** Looks into the bodies in SQL, now that everything that they may call is there. */
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

/** A fault of the file is told with its path; a lost connection or a lock that was not given stays what it is. */
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

/** Two functions of one name, of which a grant does not say the one it means; another result or other parameter names. */
const SIGNATURE_CHANGED = new Set(['42725', '42P13'])

/** Classes of SQLSTATE that a text itself is to blame for: syntax and rights, invalid values, what others depend on. */
const FAULTS_OF_TEXT = /^(42|22|0A|2B|3F)/
