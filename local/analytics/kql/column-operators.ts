import { semanticFailure } from '../failure.ts'
import { netTypeOf } from '../values/index.ts'
import { ColumnNamer, naturalName } from './column-names.ts'
import { compileExpression } from './expression-compiler.ts'
import { columnOf, scopeOf } from './scope.ts'
import type { Names } from './scope.ts'
import { select, unchanged } from './stage.ts'
import type { Output, Stage } from './stage.ts'
import type { NamedExpression, Operator } from './syntax.ts'

/** Steps that choose, name or add columns and leave the rows as they are. */

export function project(stage: Stage, columns: readonly NamedExpression[], names: Names): Stage {
  return select(stage, compileNamed(stage, columns, names))
}

function compileNamed(stage: Stage, columns: readonly NamedExpression[], names: Names): Output[] {
  const scope = scopeOf(stage, names)
  const namer = new ColumnNamer()
  return columns.map(({ name, expression }) => ({
    name: namer.of({ name, expression }),
    value: compileExpression(expression, scope),
  }))
}

/** `distinct A, B` or `distinct *`. @throws KustoFailure for a dynamic column, which has no equality in Kusto */
export function distinct(stage: Stage, columns: readonly NamedExpression[] | 'all', names: Names): Stage {
  const outputs = columns === 'all' ? unchanged(stage) : compileNamed(stage, columns, names)
  const bag = outputs.find((output) => output.value.type === 'dynamic')
  if (bag !== undefined) {
    throw semanticFailure(
      `distinct takes no column of type dynamic (${bag.name}). Use an explicit cast such as tostring(${bag.name}).`,
      'SEM0025',
    )
  }
  return select(stage, outputs, { keepPlace: false, distinct: true })
}

/**
 * If `extend` gives a column that exists already, the column keeps its position, as in Kusto. That holds for the names
 * that Kusto gives, too: `extend tostring(Size)` replaces Size. @throws KustoFailure when a name is given twice
 */
export function extend(stage: Stage, columns: readonly NamedExpression[], names: Names): Stage {
  const scope = scopeOf(stage, names)
  const byName = new Map<string, Output>()
  const given = new ColumnNamer()
  const numbers = new ColumnNamer(stage.columns.map((column) => column.name))
  for (const { name, expression } of columns) {
    const value = compileExpression(expression, scope)
    const chosen =
      name === undefined ? (naturalName(expression) ?? numbers.numbered()) : numbers.taken(given.given(name))
    byName.set(chosen, { name: chosen, value })
  }
  const positioned = unchanged(stage).map((output) => byName.get(output.name) ?? output)
  const added = [...byName.values()].filter((output) => !isColumn(stage, output.name))
  return select(stage, [...positioned, ...added])
}

function isColumn(stage: Stage, name: string): boolean {
  return stage.columns.some((column) => column.name === name)
}

export function rename(
  stage: Stage,
  columns: Extract<Operator, { kind: 'project-rename' }>['columns'],
): Stage {
  const newNames = new Map(columns.map(({ name, old }) => [columnOf(old, stage.columns).name, name]))
  const namer = new ColumnNamer()
  return select(
    stage,
    unchanged(stage).map((output) => ({
      ...output,
      name: namer.given(newNames.get(output.name) ?? output.name),
    })),
  )
}

/** `project-away`, `project-keep`, `project-reorder`. @throws KustoFailure when a name is no column */
export function choose(
  stage: Stage,
  kind: 'project-away' | 'project-keep' | 'project-reorder',
  patterns: readonly string[],
): Stage {
  const matched: Output[] = []
  for (const pattern of patterns) {
    if (!pattern.includes('*')) columnOf(pattern, stage.columns)
    for (const output of unchanged(stage)) {
      if (matches(pattern, output.name) && !matched.some(({ name }) => name === output.name))
        matched.push(output)
    }
  }
  const isMatched = (output: Output): boolean => matched.some(({ name }) => name === output.name)
  const others = unchanged(stage).filter((output) => !isMatched(output))
  switch (kind) {
    case 'project-away':
      return select(stage, requireColumns(others))
    case 'project-keep':
      return select(stage, requireColumns(unchanged(stage).filter(isMatched)))
    case 'project-reorder':
      return select(stage, [...matched, ...others])
  }
}

function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[^\w ]/gu, String.raw`\$&`))
  return new RegExp(`^${parts.join('.*')}$`, 'su').test(name)
}

function requireColumns(outputs: Output[]): Output[] {
  if (outputs.length === 0) throw semanticFailure('No column would be left.')
  return outputs
}

/** `getschema`: one row for each column. */
export function getSchema(stage: Stage): Stage {
  const rows = stage.columns.map(() => '(?, ?, ?, ?)').join(', ')
  const names = ['ColumnName', 'ColumnOrdinal', 'DataType', 'ColumnType']
  return {
    sql: `SELECT ${names.map((_name, index) => `column${index + 1} AS v${index}`).join(', ')} FROM (VALUES ${rows})`,
    parameters: stage.columns.flatMap(({ name, type }, index) => [
      name,
      BigInt(index),
      netTypeOf(type),
      type,
    ]),
    columns: names.map((name, index) => ({
      name,
      type: name === 'ColumnOrdinal' ? 'long' : 'string',
      sql: `v${index}`,
    })),
    ordered: false,
  }
}
