import { semanticFailure } from '../failure.ts'
import { nearNames, sentenceOf } from './suggestions.ts'
import type { Stage } from './stage.ts'
import type { Expression, Query } from './syntax.ts'
import type { BoundColumn, TypedSql } from './typed-sql.ts'

/** What names mean in a whole query. */
export interface Names {
  /** Query parameters and the values of `let`. */
  readonly scalars: ReadonlyMap<string, TypedSql>
  /** The time that `now()` means in the whole query, in ticks. */
  readonly nowTicks: bigint
  /** Whether a table, view or `let` of this name has rows. */
  hasTable(name: string): boolean
  compileQuery(query: Query): Stage
}

/** What names mean inside an expression. */
export interface Scope {
  readonly columns: readonly BoundColumn[]
  readonly names: Names
  /** The column with the order of the rows, for aggregations that keep it. */
  readonly place: string | undefined
  /** In `summarize`: compiles a call that is an aggregation; undefined for any other call. */
  readonly aggregate?: (call: Extract<Expression, { kind: 'call' }>) => TypedSql | undefined
}

export function scopeOf(stage: Stage | undefined, names: Names): Scope {
  return { columns: stage?.columns ?? [], names, place: stage?.ordered === true ? 'place' : undefined }
}

/** The column, parameter or `let` of this name. @throws KustoFailure that lists the columns that there are */
export function resolveName(name: string, scope: Scope): TypedSql {
  const column = scope.columns.find((candidate) => candidate.name === name)
  if (column !== undefined && scope.aggregate !== undefined) {
    throw semanticFailure(
      `The column '${name}' stands outside of an aggregation. Put it into one, as in max(${name}), or after 'by'.`,
    )
  }
  if (column !== undefined) return { sql: column.sql, parameters: [], type: column.type }
  const scalar = scope.names.scalars.get(name)
  if (scalar !== undefined) return scalar
  if (scope.names.hasTable(name))
    throw semanticFailure(`'${name}' is a table, and a single value is needed here.`)
  throw unknownColumn(name, scope)
}

/** The column of this name. @throws KustoFailure that lists the columns that there are */
export function columnOf(name: string, columns: readonly BoundColumn[], where = ''): BoundColumn {
  const column = columns.find((candidate) => candidate.name === name)
  if (column === undefined) throw unknownIn(name, columns, where)
  return column
}

function unknownColumn(name: string, scope: Scope): Error {
  return unknownIn(name, scope.columns, '', [...scope.names.scalars.keys()])
}

function unknownIn(
  name: string,
  columns: readonly BoundColumn[],
  where: string,
  scalars: readonly string[] = [],
): Error {
  const names = columns.map((column) => column.name)
  const there = names.length === 0 ? 'There are no columns here.' : `Columns here: ${names.join(', ')}.`
  const values = scalars.length === 0 ? '' : ` Values of let and parameters: ${scalars.join(', ')}.`
  return semanticFailure(
    `Failed to resolve column or scalar expression named '${name}'${where}.` +
      `${sentenceOf(nearNames(name, [...names, ...scalars]))} ${there}${values}`,
  )
}
