import { ENCODING_NAMES, findPolicy, findView, putPolicy, removePolicy, tableOf } from '../engine/index.ts'
import type { EngineDatabase, PolicyEntityKind, PolicyKey } from '../engine/index.ts'
import { entityNotFound, semanticFailure, syntaxFailure } from '../failure.ts'
import type { TokenReader } from '../kql/index.ts'
import type { QueryResult } from '../query/index.ts'
import { result } from './command.ts'
import type { CommandContext } from './command.ts'

/**
 * Policies. `encoding` (how large a value may be) and `streamingingestion` have an effect here; all others are kept
 * and shown.
 */

const POLICY_COLUMNS = [
  'PolicyName:string',
  'EntityName:string',
  'Policy:string',
  'ChildEntities:string',
  'EntityType:string',
] as const

const KINDS: readonly PolicyEntityKind[] = ['cluster', 'column', 'database', 'materialized-view', 'table']

/** `table T policy ...`: everything before the policy's value. */
export function readPolicyKey(kindWord: string, reader: TokenReader, context: CommandContext): PolicyKey {
  const kind = KINDS.find((candidate) => candidate === kindWord)
  if (kind === undefined) throw syntaxFailure(`'${kindWord}' has no policies.`)
  const entity = entityOf(kind, reader, context)
  reader.expect('policy')
  return { entityKind: kind, entity, policy: reader.expectName('the name of a policy').toLowerCase() }
}

function entityOf(kind: PolicyEntityKind, reader: TokenReader, context: CommandContext): string {
  switch (kind) {
    case 'cluster':
      return ''
    case 'column':
      return columnEntity(reader, context.database)
    case 'database':
      return reader.peek().text.toLowerCase() === 'policy'
        ? context.databaseName
        : reader.expectName('a database name')
    case 'materialized-view': {
      const name = reader.expectName('a view name')
      if (findView(context.database.reader, name) === undefined)
        throw entityNotFound('MaterializedView', name)
      return name
    }
    case 'table':
      return tableOf(context.database.reader, reader.expectName('a table name')).name
  }
}

function columnEntity(reader: TokenReader, database: EngineDatabase): string {
  const table = tableOf(database.reader, reader.expectName('a table name'))
  reader.expect('.')
  const column = reader.expectName('a column name')
  if (!table.columns.some((candidate) => candidate.name === column)) {
    throw entityNotFound('Column', `${table.name}.${column}`)
  }
  return `${table.name}.${column}`
}

/** `.alter table T policy P <value>`, `.alter-merge ...` */
export async function alterPolicyCommand(
  reader: TokenReader,
  context: CommandContext,
  options: { readonly merge: boolean },
): Promise<QueryResult> {
  const key = readPolicyKey(reader.hyphenated(), reader, context)
  const { writer, writing } = context.database
  const given =
    key.policy === 'encoding' ? readEncoding(reader) : reader.source.slice(reader.peek().start).trim()
  const unquoted = /^(?:```|~~~|@?["'])/u.test(given) ? reader.expectString('a policy') : given
  if (unquoted === '') throw syntaxFailure(`the policy '${key.policy}' has no value.`)
  const definition = options.merge ? mergeJson(findPolicy(context.database.reader, key), unquoted) : unquoted
  await writing.run(() => {
    putPolicy(writer, key, definition)
  })
  return showPolicy(key, definition)
}

/** Reads `encoding type='BigObject'`. Without a type the column gets the default encoding again. */
function readEncoding(reader: TokenReader): string {
  if (reader.peek().kind === 'end') return 'null'
  reader.expect('type')
  reader.expect('=')
  const type = reader.expectString('the name of an encoding')
  reader.expectEnd()
  if (!ENCODING_NAMES.includes(type.toLowerCase())) throw semanticFailure(`'${type}' is not an encoding.`)
  return type
}

function mergeJson(old: string | undefined, given: string): string {
  if (old === undefined) return given
  try {
    const before: unknown = JSON.parse(old)
    const added: unknown = JSON.parse(given)
    const isBag = (value: unknown): value is Record<string, unknown> =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
    return isBag(before) && isBag(added) ? JSON.stringify({ ...before, ...added }) : given
  } catch {
    return given
  }
}

function showPolicy(key: PolicyKey, definition: string | undefined): QueryResult {
  const name = `${key.policy.charAt(0).toUpperCase()}${key.policy.slice(1)}Policy`
  return result(POLICY_COLUMNS, [[name, key.entity, definition ?? 'null', '', key.entityKind]])
}

/** `.delete table T policy P` */
export async function deletePolicyCommand(
  reader: TokenReader,
  context: CommandContext,
): Promise<QueryResult> {
  const key = readPolicyKey(reader.hyphenated(), reader, context)
  reader.expectEnd()
  await context.database.writing.run(() => {
    removePolicy(context.database.writer, key)
  })
  return showPolicy(key, undefined)
}

/** `.show table T policy P`; `.show` and the kind (`table`) are read already. */
export function showPolicyCommand(
  kindWord: string,
  reader: TokenReader,
  context: CommandContext,
): QueryResult {
  const key = readPolicyKey(kindWord, reader, context)
  return showPolicy(key, findPolicy(context.database.reader, key))
}

/** Whether streaming ingestion into the table is on, by its policy or the database's. It is off by default. */
export function isStreamingEnabled(
  database: EngineDatabase,
  databaseName: string,
  tableName: string,
): boolean {
  const policy = 'streamingingestion'
  const ofTable = findPolicy(database.reader, { entityKind: 'table', entity: tableName, policy })
  return enables(
    ofTable ?? findPolicy(database.reader, { entityKind: 'database', entity: databaseName, policy }),
  )
}

function enables(definition: string | undefined): boolean {
  return (
    definition !== undefined &&
    (/^enable\b/iu.test(definition) || /"IsEnabled"\s*:\s*true/iu.test(definition))
  )
}
