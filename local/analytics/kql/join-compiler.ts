import { semanticFailure } from '../failure.ts'
import { ColumnNamer } from './column-names.ts'
import { columnOf } from './scope.ts'
import type { Names } from './scope.ts'
import { columnsOf, select, unchanged } from './stage.ts'
import type { Output, Stage } from './stage.ts'
import type { JoinKind, Operator } from './syntax.ts'
import { compose } from './typed-sql.ts'
import type { BoundColumn } from './typed-sql.ts'

type Join = Extract<Operator, { kind: 'join' }>

interface KeyColumns {
  readonly left: BoundColumn
  readonly right: BoundColumn
}

/** How SQLite joins. The kinds that are missing give the columns of one side only. */
const sqlJoins: Partial<Readonly<Record<JoinKind, string>>> = {
  innerunique: 'JOIN',
  inner: 'JOIN',
  leftouter: 'LEFT JOIN',
  rightouter: 'RIGHT JOIN',
  fullouter: 'FULL JOIN',
}

/**
 * `join` and `lookup`. A key that is null matches nothing. The order of the rows is lost.
 * @throws KustoFailure for keys that are no columns, or have different types
 */
export function join(stage: Stage, operator: Join, names: Names): Stage {
  const left: Stage = select(stage, unchanged(stage), { keepPlace: false })
  const compiled = names.compileQuery(operator.right)
  const right: Stage = select(compiled, unchanged(compiled), { keepPlace: false })
  const keys = operator.keys.map((key) => keyColumns(key.left, key.right, left, right))
  const sqlJoin = sqlJoins[operator.joinKind]
  if (sqlJoin === undefined) return semiJoin(operator.joinKind, left, right, keys)
  const unique = operator.joinKind === 'innerunique' ? firstOfKey(left, keys) : left
  const rightKeys = new Set(keys.map((key) => key.right.name))
  const leftNames = new Set(left.columns.map((column) => column.name))
  const namer = new ColumnNamer([...left.columns, ...right.columns].map((column) => column.name))
  const outputs = [...unchanged(left, 'l'), ...unchanged(right, 'r')]
    .map((output, index) => ({ ...neverNull(output), isRight: index >= left.columns.length }))
    .filter(({ name, isRight }) => operator.keepsRightKeys || !isRight || !rightKeys.has(name))
    .map(({ name, value, isRight }) => ({
      name: isRight && leftNames.has(name) ? namer.free(name) : name,
      value,
    }))
  const items = outputs.map((output, index) => `${output.value.sql} AS v${index}`).join(', ')
  return {
    sql: `SELECT ${items} FROM (${unique.sql}) AS l ${sqlJoin} (${right.sql}) AS r ON ${onSql(keys)}`,
    parameters: [...unique.parameters, ...right.parameters],
    columns: columnsOf(outputs),
    ordered: false,
  }
}

function keyColumns(leftName: string, rightName: string, left: Stage, right: Stage): KeyColumns {
  const key = {
    left: columnOf(leftName, left.columns, ' on the left side of the join'),
    right: columnOf(rightName, right.columns, ' on the right side of the join'),
  }
  const [a, b] = [key.left.type, key.right.type]
  const areIntegers = [a, b].every((type) => type === 'int' || type === 'long')
  if (a === 'dynamic' || b === 'dynamic') {
    throw semanticFailure(
      `join takes no key of type dynamic (${leftName}). Add a column first, as in extend Key = tostring(${leftName}).`,
      'SEM0025',
    )
  }
  if (a !== b && !areIntegers) {
    throw semanticFailure(
      `The keys of the join have different types: $left.${leftName} is ${a}, $right.${rightName} is ${b}.`,
      'SEM0025',
    )
  }
  return key
}

function onSql(keys: readonly KeyColumns[]): string {
  return keys.map((key) => `l.${key.left.sql} = r.${key.right.sql}`).join(' AND ')
}

/** `innerunique` takes one row for each key of the left side; here the first. */
function firstOfKey(left: Stage, keys: readonly KeyColumns[]): Stage {
  const partition = keys.map((key) => key.left.sql).join(', ')
  const columns = left.columns.map((column) => column.sql).join(', ')
  return {
    ...left,
    sql:
      `SELECT ${columns} FROM (SELECT *, row_number() OVER (PARTITION BY ${partition}) AS repetition ` +
      `FROM (${left.sql})) WHERE repetition = 1`,
  }
}

/** A string is never null, also where the other side has no row. */
function neverNull(output: Output): Output {
  if (output.value.type !== 'string') return output
  return { ...output, value: compose('string', "coalesce({0}, '')", output.value) }
}

/**
 * The rows of one side that have, or do not have, a match on the other. IN collects the other side's keys once; EXISTS
 * would read the other side again for each row.
 */
function semiJoin(kind: JoinKind, left: Stage, right: Stage, keys: readonly KeyColumns[]): Stage {
  const [kept, other] = kind.startsWith('left') ? [left, right] : [right, left]
  const keptKeys = keys.map((key) => (kept === left ? key.left.sql : key.right.sql))
  const otherKeys = keys.map((key) => (kept === left ? key.right.sql : key.left.sql))
  const notNull = otherKeys.map((key) => `${key} IS NOT NULL`).join(' AND ')
  const found = `(${keptKeys.join(', ')}) IN (SELECT ${otherKeys.join(', ')} FROM (${other.sql}) WHERE ${notNull})`
  // A key that is null matches nothing, and IN gives null for it.
  const condition = `coalesce(${found}, 0)`
  return {
    sql:
      `SELECT ${kept.columns.map((column) => column.sql).join(', ')} FROM (${kept.sql}) ` +
      `WHERE ${kind.endsWith('anti') ? 'NOT ' : ''}${condition}`,
    parameters: [...kept.parameters, ...other.parameters],
    columns: kept.columns,
    ordered: false,
  }
}
