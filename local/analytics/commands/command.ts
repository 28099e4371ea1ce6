import type { EngineDatabase } from '../engine/index.ts'
import type { TokenReader } from '../kql/index.ts'
import type { QueryResult } from '../query/index.ts'
import type { ResourceUri } from '../storage/index.ts'
import type { Column, ColumnType, StoredValue } from '../values/index.ts'

export interface CommandContext {
  readonly database: EngineDatabase
  readonly databaseName: string
  /** The rows of `.get ingestion resources`, at the address that the client called. */
  resources(): readonly ResourceUri[]
}

/** Reads the rest of a command's words and carries it out. */
export type Command = (reader: TokenReader, context: CommandContext) => Promise<QueryResult> | QueryResult

/** A result with columns given as `Name:type`. */
export function result(
  columns: readonly `${string}:${ColumnType}`[],
  rows: readonly (readonly StoredValue[])[],
): QueryResult & { readonly rows: readonly (readonly StoredValue[])[] } {
  return {
    columns: columns.map((column): Column => {
      const [name = '', type = 'string'] = column.split(':')
      return { name, type: type as ColumnType }
    }),
    rows,
  }
}

/** Reads `with (name = value, ...)` if it comes next. Names are in lower case, values are text. */
export function readProperties(reader: TokenReader): Map<string, string> {
  const properties = new Map<string, string>()
  if (!reader.accept('with')) return properties
  reader.expect('(')
  if (reader.accept(')')) return properties
  do {
    const name = reader.expectName('a property name').toLowerCase()
    reader.expect('=')
    properties.set(name, reader.next().text)
  } while (reader.accept(','))
  reader.expect(')')
  return properties
}
