import { semanticFailure } from '../failure.ts'

/** The scalar types of Kusto. */
export type ColumnType =
  | 'bool'
  | 'datetime'
  | 'decimal'
  | 'dynamic'
  | 'guid'
  | 'int'
  | 'long'
  | 'real'
  | 'string'
  | 'timespan'

export interface Column {
  readonly name: string
  readonly type: ColumnType
}

/**
 * A value as SQLite holds it. bool: 0 or 1. datetime: ticks of 100 ns since the year 1. timespan: ticks. decimal, guid
 * and dynamic (JSON): text. null: only where Kusto has null (a string is '' instead).
 */
export type StoredValue = bigint | number | string | null

interface TypeFacts {
  readonly aliases: readonly string[]
  /** The .NET type that v1 answers name. */
  readonly dotNetType: string
  readonly sqliteType: 'INTEGER' | 'REAL' | 'TEXT'
}

const typeFacts: Readonly<Record<ColumnType, TypeFacts>> = {
  bool: { aliases: ['boolean'], dotNetType: 'SByte', sqliteType: 'INTEGER' },
  datetime: { aliases: ['date'], dotNetType: 'DateTime', sqliteType: 'INTEGER' },
  decimal: { aliases: [], dotNetType: 'SqlDecimal', sqliteType: 'TEXT' },
  dynamic: { aliases: [], dotNetType: 'Object', sqliteType: 'TEXT' },
  guid: { aliases: ['uuid', 'uniqueid'], dotNetType: 'Guid', sqliteType: 'TEXT' },
  int: { aliases: ['int32'], dotNetType: 'Int32', sqliteType: 'INTEGER' },
  long: { aliases: ['int64'], dotNetType: 'Int64', sqliteType: 'INTEGER' },
  real: { aliases: ['double'], dotNetType: 'Double', sqliteType: 'REAL' },
  string: { aliases: [], dotNetType: 'String', sqliteType: 'TEXT' },
  timespan: { aliases: ['time'], dotNetType: 'TimeSpan', sqliteType: 'INTEGER' },
}

const typesByName = new Map<string, ColumnType>()
for (const [type, facts] of Object.entries(typeFacts) as [ColumnType, TypeFacts][]) {
  for (const name of [type, ...facts.aliases]) typesByName.set(name, type)
}

export function findColumnType(name: string): ColumnType | undefined {
  return typesByName.get(name.toLowerCase())
}

/** @throws KustoFailure when the name is not a type */
export function columnTypeOf(name: string): ColumnType {
  const type = findColumnType(name)
  if (type === undefined) throw semanticFailure(`'${name}' is not a scalar type.`)
  return type
}

export function dotNetTypeOf(type: ColumnType): string {
  return typeFacts[type].dotNetType
}

/** The full name of the .NET type, as `getschema` and `schema as json` show it. */
export function netTypeOf(type: ColumnType): string {
  return type === 'decimal' ? 'System.Data.SqlTypes.SqlDecimal' : `System.${dotNetTypeOf(type)}`
}

/** The column's declaration in SQLite. A string is never null: when a column is added, the older rows get ''. */
export function sqliteColumnOf(type: ColumnType): string {
  return type === 'string' ? "TEXT NOT NULL DEFAULT ''" : typeFacts[type].sqliteType
}
