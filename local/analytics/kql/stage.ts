import type { StoredValue } from '../values/index.ts'
import type { BoundColumn, TypedSql } from './typed-sql.ts'

/** The rows that a query begins with: a SELECT without an alias, and the columns of its result. */
export interface Relation {
  readonly sql: string
  readonly parameters: readonly StoredValue[]
  readonly columns: readonly BoundColumn[]
}

/** The rows between two steps of a query. */
export interface Stage extends Relation {
  /** Whether the rows have their number from the last `order by` in a column `place`. */
  readonly ordered: boolean
  /** The table that the rows come from, as long as no other step has mixed them. `union withsource` shows it. */
  readonly origin?: string
}

/** The column with the number that `order by` gave a row. */
export const PLACE = 'place'

export interface Output {
  readonly name: string
  readonly value: TypedSql
}

/** A SELECT of the outputs from a stage, renamed v0, v1, ... */
export function select(
  stage: Stage,
  outputs: readonly Output[],
  options: {
    readonly clause?: string
    readonly clauseParameters?: readonly StoredValue[]
    readonly keepPlace?: boolean
    readonly distinct?: boolean
  } = {},
): Stage {
  const ordered = stage.ordered && options.keepPlace !== false
  const items = outputs.map((output, index) => `${output.value.sql} AS v${index}`)
  if (ordered) items.push(PLACE)
  const sql = `SELECT ${options.distinct === true ? 'DISTINCT ' : ''}${items.join(', ')} FROM (${stage.sql})${options.clause ?? ''}`
  return {
    sql,
    parameters: [
      ...outputs.flatMap((output) => [...output.value.parameters]),
      ...stage.parameters,
      ...(options.clauseParameters ?? []),
    ],
    columns: columnsOf(outputs),
    ordered,
    ...(stage.origin === undefined ? {} : { origin: stage.origin }),
  }
}

/** The columns of a SELECT that names its outputs v0, v1, ... */
export function columnsOf(outputs: readonly Output[]): BoundColumn[] {
  return outputs.map((output, index) => ({ name: output.name, type: output.value.type, sql: `v${index}` }))
}

/** All columns as they are. With `alias` they are those of the sub-select that has this name. */
export function unchanged(stage: Stage, alias?: string): Output[] {
  return stage.columns.map((column) => ({
    name: column.name,
    value: {
      sql: alias === undefined ? column.sql : `${alias}.${column.sql}`,
      parameters: [],
      type: column.type,
    },
  }))
}
