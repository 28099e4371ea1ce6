import { semanticFailure } from '../failure.ts'
import { RANGE_ROWS_MAX } from '../limits.ts'
import { arithmetic } from './binary-operators.ts'
import { ColumnNamer } from './column-names.ts'
import { convert } from './conversions.ts'
import { compileExpression } from './expression-compiler.ts'
import { requireType } from './scalar-function.ts'
import { scopeOf } from './scope.ts'
import type { Names } from './scope.ts'
import { columnsOf } from './stage.ts'
import type { Stage } from './stage.ts'
import type { Source } from './syntax.ts'
import { compose } from './typed-sql.ts'

/** `print a, x = b`: one row. Columns without a name are print_0, print_1 by their place. */
export function print({ columns }: Extract<Source, { kind: 'print' }>, names: Names): Stage {
  const scope = scopeOf(undefined, names)
  const namer = new ColumnNamer()
  const outputs = columns.map(({ name, expression }, index) => ({
    name: name === undefined ? namer.free(`print_${index}`) : namer.given(name),
    value: compileExpression(expression, scope),
  }))
  return {
    sql: `SELECT ${outputs.map((output, index) => `${output.value.sql} AS v${index}`).join(', ')}`,
    parameters: outputs.flatMap((output) => [...output.value.parameters]),
    columns: columnsOf(outputs),
    ordered: false,
  }
}

/** `datatable(A:string, B:long) ['x', 1, 'y', 2]` @throws KustoFailure for a value that is no literal */
export function datatable({ columns, cells }: Extract<Source, { kind: 'datatable' }>, names: Names): Stage {
  const scope = scopeOf(undefined, names)
  const values = cells.map((cell, index) => {
    const isLiteral = cell.kind === 'literal' || (cell.kind === 'negative' && cell.value.kind === 'literal')
    if (!isLiteral) throw semanticFailure('A datatable takes literal values only.')
    const type = columns[index % columns.length]?.type ?? 'string'
    return convert(compileExpression(cell, scope), type)
  })
  const namer = new ColumnNamer()
  const bound = columns.map(({ name, type }, index) => ({ name: namer.given(name), type, sql: `v${index}` }))
  const items = bound.map((column, index) => `column${index + 1} AS ${column.sql}`).join(', ')
  const nothing = bound.map((column) => `NULL AS ${column.sql}`).join(', ')
  const rows: string[] = []
  for (let index = 0; index < values.length; index += columns.length) {
    rows.push(
      `(${values
        .slice(index, index + columns.length)
        .map((value) => value.sql)
        .join(', ')})`,
    )
  }
  return {
    sql: rows.length === 0 ? `SELECT ${nothing} WHERE 0` : `SELECT ${items} FROM (VALUES ${rows.join(', ')})`,
    parameters: values.flatMap((value) => [...value.parameters]),
    columns: bound,
    ordered: false,
  }
}

/** `range x from 1 to 10 step 2`; both ends belong to it. */
export function range(source: Extract<Source, { kind: 'range' }>, names: Names): Stage {
  const scope = scopeOf(undefined, names)
  const types = ['int', 'long', 'real', 'datetime', 'timespan'] as const
  const from = requireType('range', compileExpression(source.from, scope), types)
  const to = requireType('range', compileExpression(source.to, scope), types)
  const step = requireType('range', compileExpression(source.step, scope), types)
  const next = arithmetic('+', { sql: 'v0', parameters: [], type: from.type }, step)
  const start = next.type === from.type ? from : convert(from, next.type)
  const isWithin = compose('bool', 'iif({0} > 0, v0 <= {1}, iif({0} < 0, v0 >= {1}, 0))', step, to)
  return {
    // Without the limit on the number of rows, `step 1tick` over a year would keep the stand-in busy for ever.
    sql:
      `SELECT v0 FROM (WITH RECURSIVE steps(v0, number) AS (SELECT ${start.sql}, 1 UNION ALL ` +
      `SELECT ${next.sql}, kql_at_most(number + 1, ${RANGE_ROWS_MAX}) FROM steps WHERE ${isWithin.sql}) ` +
      `SELECT v0 FROM steps WHERE ${isWithin.sql})`,
    parameters: [...start.parameters, ...next.parameters, ...isWithin.parameters, ...isWithin.parameters],
    columns: [{ name: source.name, type: next.type, sql: 'v0' }],
    ordered: false,
  }
}
