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

/** What names mean inside an expression. */
export interface Scope {
  readonly columns: readonly BoundColumn[]
  readonly parameters: ReadonlyMap<string, { readonly type: ColumnType; readonly value: StoredValue }>
  /** The time that `now()` means in the whole query, in ticks. */
  readonly nowTicks: bigint
}

/** Builds SQL from pieces: the template has `{0}`, `{1}` for them. A piece used twice adds its values twice. */
export function compose(type: ColumnType, template: string, ...pieces: readonly TypedSql[]): TypedSql {
  const parameters: StoredValue[] = []
  const sql = template.replace(/\{(\d)\}/gu, (_match, index: string) => {
    const piece = pieces[Number(index)]
    if (piece === undefined) throw new Error(`The template '${template}' has no piece ${index}.`)
    parameters.push(...piece.parameters)
    return piece.sql
  })
  return { sql, parameters, type }
}

export function literalSql(type: ColumnType, value: StoredValue): TypedSql {
  return { sql: '?', parameters: [value], type }
}
