import { semanticFailure } from '../failure.ts'
import { ColumnNamer } from './column-names.ts'
import { compileExpression } from './expression-compiler.ts'
import { requireType } from './scalar-function.ts'
import { scopeOf } from './scope.ts'
import type { Names } from './scope.ts'
import { PLACE, columnsOf, unchanged } from './stage.ts'
import type { Output, Stage } from './stage.ts'
import type { Operator } from './syntax.ts'
import { compose, literalSql } from './typed-sql.ts'
import type { TypedSql } from './typed-sql.ts'

type Expand = Extract<Operator, { kind: 'mv-expand' }>

/**
 * `mv-expand`: one row for each element. Several columns are expanded side by side; the shorter ones give null. A null
 * gives one row, an empty array none. @throws KustoFailure when an expression is not dynamic
 */
export function expand(stage: Stage, operator: Expand, names: Names): Stage {
  const scope = scopeOf(stage, names)
  const values = operator.expansions.map(({ expression }) => compileExpression(expression, scope))
  for (const value of values) {
    if (value.type !== 'dynamic')
      throw semanticFailure(
        `mv-expand takes a dynamic, not a ${value.type}. parse_json() makes one of a string.`,
      )
  }
  const outputs = outputsOf(stage, operator)
  const zipped = called('kql_expand', [literalSql('string', operator.bagExpansion), ...values])
  const items = outputs.map((output, index) => `${output.value.sql} AS v${index}`)
  // The order of an earlier order by goes on: the elements stand in the place of their row.
  if (stage.ordered) items.push(`row_number() OVER (ORDER BY s.${PLACE}, e.key) AS ${PLACE}`)
  const limit =
    operator.limit === undefined
      ? undefined
      : requireType('limit', compileExpression(operator.limit, { ...scope, columns: [] }), ['int', 'long'])
  const where = limit === undefined ? '' : ` WHERE e.key < ${limit.sql}`
  return {
    sql: `SELECT ${items.join(', ')} FROM (${stage.sql}) AS s, json_each(${zipped.sql}) AS e${where}`,
    parameters: [
      ...outputs.flatMap((output) => [...output.value.parameters]),
      ...stage.parameters,
      ...zipped.parameters,
      ...(limit?.parameters ?? []),
    ],
    columns: columnsOf(outputs),
    ordered: stage.ordered,
  }
}

/** The columns as before, the expanded ones in their places, new ones and the index after them. */
function outputsOf(stage: Stage, operator: Expand): Output[] {
  const expanded = new Map<string, TypedSql>()
  const namer = new ColumnNamer()
  const kept = unchanged(stage, 's')
  for (const [index, { name, expression, type }] of operator.expansions.entries()) {
    const element: TypedSql = { sql: `json_extract(e.value, '$[${index}]')`, parameters: [], type: 'dynamic' }
    const given = namer.of({ name, expression })
    expanded.set(given, type === undefined || type === 'dynamic' ? element : cast(element, type))
  }
  const isKnown = (name: string): boolean => kept.some((output) => output.name === name)
  const positioned = kept.map((output) => ({ ...output, value: expanded.get(output.name) ?? output.value }))
  const added = [...expanded].filter(([name]) => !isKnown(name)).map(([name, value]) => ({ name, value }))
  const all = [...positioned, ...added]
  if (operator.indexName === undefined) return all
  const taken = new ColumnNamer(all.map((output) => output.name))
  return [
    ...all,
    { name: taken.given(operator.indexName), value: { sql: 'e.key', parameters: [], type: 'long' } },
  ]
}

/** `to typeof()` converts nothing: an element of another type becomes null. */
function cast(element: TypedSql, type: TypedSql['type']): TypedSql {
  const value = compose(type, 'kql_cast_element({0}, {1})', literalSql('string', type), element)
  return type === 'string' ? compose(type, "coalesce({0}, '')", value) : value
}

function called(name: string, parameters: readonly TypedSql[]): TypedSql {
  return {
    sql: `${name}(${parameters.map((parameter) => parameter.sql).join(', ')})`,
    parameters: parameters.flatMap((parameter) => [...parameter.parameters]),
    type: 'string',
  }
}
