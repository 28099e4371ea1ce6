import { semanticFailure } from '../failure.ts'
import type { ColumnType } from '../values/index.ts'
import { ColumnNamer } from './column-names.ts'
import type { Names } from './scope.ts'
import { columnsOf } from './stage.ts'
import type { Output, Stage } from './stage.ts'
import type { Union } from './syntax.ts'
import type { BoundColumn } from './typed-sql.ts'

interface Part {
  readonly stage: Stage
  /** What `withsource` shows. */
  readonly source: string
}

/** A column of the result: every part's column of this name and type. */
interface UnionColumn {
  readonly name: string
  readonly type: ColumnType
}

/**
 * `union`: the rows of all parts. A column that one part does not have is null in its rows ('' when it is a string).
 * @throws KustoFailure when `kind=inner` leaves no column
 */
export function union(first: Stage | undefined, operator: Union, names: Names): Stage {
  const parts: Part[] = first === undefined ? [] : [partOf(first, 0)]
  for (const query of operator.queries) {
    parts.push(partOf(names.compileQuery(query), parts.length))
  }
  const columns = operator.kind === 'inner' ? commonColumns(parts) : allColumns(parts)
  const outputs = named(columns, operator.sourceColumn)
  const selects = parts.map((part) => partSql(part, columns, operator.sourceColumn !== undefined))
  return {
    sql: selects.join(' UNION ALL '),
    parameters: parts.flatMap((part) => [
      ...(operator.sourceColumn === undefined ? [] : [part.source]),
      ...part.stage.parameters,
    ]),
    columns: columnsOf(outputs),
    ordered: false,
  }
}

/** Rows of a table have its name; what was made of several tables is called by its place. */
function partOf(stage: Stage, place: number): Part {
  return { stage, source: stage.origin ?? `union_arg${place}` }
}

function allColumns(parts: readonly Part[]): UnionColumn[] {
  const all: UnionColumn[] = []
  for (const { stage } of parts) {
    for (const { name, type } of stage.columns) {
      if (all.some((column) => isSame(column, { name, type }))) continue
      // A column of the same name and another type stands beside its namesake.
      const place = all.findLastIndex((column) => column.name === name)
      all.splice(place === -1 ? all.length : place + 1, 0, { name, type })
    }
  }
  return all
}

function commonColumns(parts: readonly Part[]): UnionColumn[] {
  const common = allColumns(parts).filter((column) =>
    parts.every(({ stage }) => stage.columns.some((candidate) => isSame(candidate, column))),
  )
  if (common.length === 0)
    throw semanticFailure('union kind=inner: no column has the same name and type in all tables.')
  return common
}

/** A name that comes with several types gets the type behind it: Size_long, Size_string. */
function named(columns: readonly UnionColumn[], sourceColumn: string | undefined): Output[] {
  const isAmbiguous = (name: string): boolean => columns.filter((column) => column.name === name).length > 1
  const namer = new ColumnNamer(columns.map((column) => column.name).filter((name) => !isAmbiguous(name)))
  const outputs = columns.map(({ name, type }) => ({
    name: isAmbiguous(name) ? namer.free(`${name}_${type}`) : name,
    value: { sql: '', parameters: [], type },
  }))
  if (sourceColumn === undefined) return outputs
  return [{ name: namer.given(sourceColumn), value: { sql: '', parameters: [], type: 'string' } }, ...outputs]
}

function partSql({ stage }: Part, columns: readonly UnionColumn[], hasSource: boolean): string {
  const values = columns.map((column) => {
    const own = stage.columns.find((candidate: BoundColumn) => isSame(candidate, column))
    if (own !== undefined) return own.sql
    return column.type === 'string' ? "''" : 'NULL'
  })
  const items = [...(hasSource ? ['?'] : []), ...values].map((value, index) => `${value} AS v${index}`)
  return `SELECT ${items.join(', ')} FROM (${stage.sql})`
}

function isSame(a: UnionColumn, b: UnionColumn): boolean {
  return a.name === b.name && a.type === b.type
}
