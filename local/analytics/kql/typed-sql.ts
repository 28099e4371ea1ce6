import { semanticFailure } from '../failure.ts'
import { SQL_LENGTH_MAX, SQL_PARAMETERS_MAX } from '../limits.ts'
import type { ColumnType, StoredValue } from '../values/index.ts'

/**
 * A piece of SQL with the values for its `?`, in their order. Values of requests are always passed through `?`. None is
 * written into the SQL text, which would allow SQL injection.
 */
export interface TypedSql {
  readonly sql: string
  readonly parameters: readonly StoredValue[]
  readonly type: ColumnType
}

/** A column of a query's intermediate result. */
export interface BoundColumn {
  readonly name: string
  readonly type: ColumnType
  /** Its name in SQL. */
  readonly sql: string
}

/** Builds SQL from pieces: the template has `{0}`, `{1}` for them. A piece used twice adds its values twice. */
export function compose(type: ColumnType, template: string, ...pieces: readonly TypedSql[]): TypedSql {
  const parameters: StoredValue[] = []
  const sql = template.replace(/\{(\d)\}/gu, (_match, index: string) => {
    const piece = pieces[Number(index)]
    if (piece === undefined) throw new Error(`The template '${template}' has no piece ${index}.`)
    for (const parameter of piece.parameters) parameters.push(parameter)
    return piece.sql
  })
  requireShort(sql, parameters)
  return { sql, parameters, type }
}

/**
 * A piece that is used twice is written twice, so a few words (a `let` in a `let`, bin() in bin()) could make a
 * statement without end. @throws KustoFailure above the limits
 */
export function requireShort(sql: string, parameters: readonly StoredValue[]): void {
  if (sql.length > SQL_LENGTH_MAX || parameters.length > SQL_PARAMETERS_MAX)
    throw semanticFailure('The query is too long when its functions and its values of let are put in.')
}

export function literalSql(type: ColumnType, value: StoredValue): TypedSql {
  return { sql: '?', parameters: [value], type }
}
