import { semanticFailure } from '../failure.ts'
import type { StoredValue } from '../values/index.ts'
import { choose, distinct, extend, getSchema, project, rename } from './column-operators.ts'
import { expand } from './expand-compiler.ts'
import { compileCondition, compileExpression } from './expression-compiler.ts'
import { join } from './join-compiler.ts'
import { scopeOf } from './scope.ts'
import type { Names } from './scope.ts'
import { PLACE, select, unchanged } from './stage.ts'
import type { Stage } from './stage.ts'
import { summarize } from './summarize-compiler.ts'
import type { Expression, Operator, SortKey } from './syntax.ts'
import { compose } from './typed-sql.ts'
import type { TypedSql } from './typed-sql.ts'
import { union } from './union-compiler.ts'

/**
 * The rows after one step.
 * @param rowsTaken for `order by`: the number of rows of a `take` that follows directly, done in the same step
 * @throws KustoFailure for unknown names and for types that do not fit
 */
export function compileStep(
  stage: Stage,
  operator: Operator,
  names: Names,
  rowsTaken: Expression | undefined,
): Stage {
  switch (operator.kind) {
    case 'where':
      return where(stage, operator.condition, names)
    case 'count':
      return select(stage, [{ name: 'Count', value: { sql: 'count(*)', parameters: [], type: 'long' } }], {
        keepPlace: false,
      })
    case 'getschema':
      return getSchema(stage)
    case 'take':
      return take(stage, rowCount(operator.rows, names))
    case 'order':
      return order(
        stage,
        operator.keys,
        names,
        rowsTaken === undefined ? undefined : rowCount(rowsTaken, names),
      )
    case 'top':
      return order(stage, [operator.key], names, rowCount(operator.rows, names))
    case 'project':
      return project(stage, operator.columns, names)
    case 'project-rename':
      return rename(stage, operator.columns)
    case 'project-away':
    case 'project-keep':
    case 'project-reorder':
      return choose(stage, operator.kind, operator.patterns)
    case 'extend':
      return extend(stage, operator.columns, names)
    case 'distinct':
      return distinct(stage, operator.columns, names)
    case 'summarize':
      return summarize(stage, operator, names)
    case 'join':
      return join(stage, operator, names)
    case 'union':
      return union(stage, operator.union, names)
    case 'mv-expand':
      return expand(stage, operator, names)
  }
}

function where(stage: Stage, expression: Expression, names: Names): Stage {
  const condition = compileCondition(expression, scopeOf(stage, names))
  return select(stage, unchanged(stage), {
    clause: ` WHERE ${condition.sql}`,
    clauseParameters: condition.parameters,
  })
}

/** The number of rows of `take` and `top`: a value that is known before the rows are. */
function rowCount(expression: Expression, names: Names): TypedSql {
  if (expression.kind === 'name' && !names.scalars.has(expression.name))
    throw semanticFailure(
      `take needs a number of rows; '${expression.name}' is none, and no name of a 'let'.`,
    )
  const value = compileExpression(expression, scopeOf(undefined, names))
  if (value.type !== 'int' && value.type !== 'long')
    throw semanticFailure(`take needs a number of rows, not a ${value.type}.`, 'SEM0025')
  // In SQLite a limit below zero means no limit.
  return compose('long', 'max(0, {0})', value)
}

function take(stage: Stage, rows: TypedSql): Stage {
  return select(stage, unchanged(stage), {
    clause: `${stage.ordered ? ` ORDER BY ${PLACE}` : ''} LIMIT ${rows.sql}`,
    clauseParameters: rows.parameters,
  })
}

/** `order by` numbers the rows. `rows` limits the sort to the rows that are taken. */
function order(stage: Stage, keys: readonly SortKey[], names: Names, rows: TypedSql | undefined): Stage {
  const taken = sortSql(keys, stage, names)
  const limit =
    rows === undefined
      ? {}
      : {
          clause: ` ORDER BY ${taken.sql} LIMIT ${rows.sql}`,
          clauseParameters: [...taken.parameters, ...rows.parameters],
        }
  const source = select({ ...stage, ordered: false }, unchanged(stage), limit)
  const by = sortSql(keys, source, names)
  return {
    ...source,
    sql: `SELECT *, row_number() OVER (ORDER BY ${by.sql}) AS ${PLACE} FROM (${source.sql})`,
    parameters: [...by.parameters, ...source.parameters],
    ordered: true,
  }
}

function sortSql(
  keys: readonly SortKey[],
  stage: Stage,
  names: Names,
): { sql: string; parameters: StoredValue[] } {
  const parameters: StoredValue[] = []
  const scope = scopeOf(stage, names)
  const parts = keys.map((key) => {
    const value = compileExpression(key.expression, scope)
    if (value.type === 'dynamic')
      throw semanticFailure('Cannot order by a dynamic. Try adding explicit casts.')
    parameters.push(...value.parameters)
    return `${value.sql} ${key.direction.toUpperCase()} NULLS ${key.nulls.toUpperCase()}`
  })
  return { sql: parts.join(', '), parameters }
}
