import { semanticFailure } from '../failure.ts'
import type { Column, StoredValue } from '../values/index.ts'
import { compileAggregate } from './aggregates.ts'
import { nameColumns } from './column-names.ts'
import { compileCondition, compileExpression } from './expression-compiler.ts'
import type { NamedExpression, Operator, SortKey } from './syntax.ts'
import type { BoundColumn, Scope, TypedSql } from './typed-sql.ts'

/** The rows that a query begins with: a SELECT without an alias, and the columns of its result. */
export interface Relation {
  readonly sql: string
  readonly parameters: readonly StoredValue[]
  readonly columns: readonly BoundColumn[]
}

/** A compiled query. The SQL gives the columns in the order of `columns`. */
export interface CompiledQuery {
  readonly sql: string
  readonly parameters: readonly StoredValue[]
  readonly columns: readonly Column[]
}

interface Stage extends Relation {
  /** Whether the rows have their number from the last `order by` in a column `place`. */
  readonly ordered: boolean
}

type ScopeOf = (columns: readonly BoundColumn[]) => Scope

const PLACE = 'place'

interface Output {
  readonly name: string
  readonly value: TypedSql
}

/** @throws KustoFailure for unknown names and for types that do not fit */
export function compileOperators(
  relation: Relation,
  operators: readonly Operator[],
  scopeOf: ScopeOf,
): CompiledQuery {
  let stage: Stage = { ...relation, ordered: false }
  for (let index = 0; index < operators.length; index += 1) {
    const operator = operators[index]
    const following = operators[index + 1]
    if (operator === undefined) break
    if (operator.kind === 'order' && following?.kind === 'take') {
      stage = order(stage, operator.keys, scopeOf, following.rows)
      index += 1
    } else stage = apply(stage, operator, scopeOf)
  }
  const columns = stage.columns.map((column) => column.sql).join(', ')
  return {
    sql: `SELECT ${columns} FROM (${stage.sql})${stage.ordered ? ` ORDER BY ${PLACE}` : ''}`,
    parameters: stage.parameters,
    columns: stage.columns.map(({ name, type }) => ({ name, type })),
  }
}

/** `order by` numbers the rows. If `take` follows directly, `rows` limits the sort to the rows that are taken. */
function order(stage: Stage, keys: readonly SortKey[], scopeOf: ScopeOf, rows: number | undefined): Stage {
  const taken = sortSql(keys, scopeOf(stage.columns))
  const limit =
    rows === undefined
      ? {}
      : { clause: ` ORDER BY ${taken.sql} LIMIT ${rows}`, clauseParameters: taken.parameters }
  const source = select({ ...stage, ordered: false }, unchanged(stage), limit)
  const by = sortSql(keys, scopeOf(source.columns))
  return {
    ...source,
    sql: `SELECT *, row_number() OVER (ORDER BY ${by.sql}) AS ${PLACE} FROM (${source.sql})`,
    parameters: [...by.parameters, ...source.parameters],
    ordered: true,
  }
}

function sortSql(keys: readonly SortKey[], scope: Scope): { sql: string; parameters: StoredValue[] } {
  const parameters: StoredValue[] = []
  const parts = keys.map((key) => {
    const value = compileExpression(key.expression, scope)
    if (value.type === 'dynamic')
      throw semanticFailure('Cannot order by a dynamic. Try adding explicit casts.')
    parameters.push(...value.parameters)
    return `${value.sql} ${key.direction.toUpperCase()} NULLS ${key.nulls.toUpperCase()}`
  })
  return { sql: parts.join(', '), parameters }
}

/** A SELECT of the outputs from a stage, renamed v0, v1, ... */
function select(
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
    columns: outputs.map((output, index) => ({
      name: output.name,
      type: output.value.type,
      sql: `v${index}`,
    })),
    ordered,
  }
}

function unchanged(stage: Stage): Output[] {
  return stage.columns.map((column) => ({
    name: column.name,
    value: { sql: column.sql, parameters: [], type: column.type },
  }))
}

function apply(stage: Stage, operator: Operator, scopeOf: ScopeOf): Stage {
  const scope = scopeOf(stage.columns)
  switch (operator.kind) {
    case 'where': {
      const condition = compileCondition(operator.condition, scope)
      return select(stage, unchanged(stage), {
        clause: ` WHERE ${condition.sql}`,
        clauseParameters: condition.parameters,
      })
    }
    case 'count':
      return select(stage, [{ name: 'Count', value: { sql: 'count(*)', parameters: [], type: 'long' } }], {
        keepPlace: false,
      })
    case 'take':
      return take(stage, operator.rows)
    case 'order':
      return order(stage, operator.keys, scopeOf, undefined)
    case 'project':
      return select(stage, compileNamed(operator.columns, nameColumns(operator.columns, 'scalar'), scope))
    case 'extend':
      return extend(stage, operator.columns, scopeOf)
    case 'distinct': {
      const outputs =
        operator.columns === 'all'
          ? unchanged(stage)
          : compileNamed(operator.columns, nameColumns(operator.columns, 'scalar'), scope)
      return select(stage, outputs, { keepPlace: false, distinct: true })
    }
    case 'summarize':
      return summarize(stage, operator, scopeOf)
  }
}

function take(stage: Stage, rows: number): Stage {
  return select(stage, unchanged(stage), {
    clause: `${stage.ordered ? ` ORDER BY ${PLACE}` : ''} LIMIT ${rows}`,
  })
}

function compileNamed(
  expressions: readonly NamedExpression[],
  names: readonly string[],
  scope: Scope,
): Output[] {
  return expressions.map(({ expression }, index) => ({
    name: names[index] ?? '',
    value: compileExpression(expression, scope),
  }))
}

function extend(stage: Stage, columns: readonly NamedExpression[], scopeOf: ScopeOf): Stage {
  const replaced = new Set(columns.map((column) => column.name))
  const kept = unchanged(stage).filter((output) => !replaced.has(output.name))
  const names = nameColumns(columns, 'scalar', new Set(kept.map((output) => output.name)))
  const added = compileNamed(columns, names, scopeOf(stage.columns))
  // If `extend` gives a column that exists already, the column keeps its position, as in Kusto.
  const byName = new Map(added.map((output) => [output.name, output]))
  const positioned = unchanged(stage).map((output) => byName.get(output.name) ?? output)
  const known = new Set(stage.columns.map((column) => column.name))
  return select(stage, [...positioned, ...added.filter((output) => !known.has(output.name))])
}

function summarize(
  stage: Stage,
  operator: Extract<Operator, { kind: 'summarize' }>,
  scopeOf: ScopeOf,
): Stage {
  const scope = scopeOf(stage.columns)
  const keyNames = nameColumns(operator.by, 'scalar')
  const keys = compileNamed(operator.by, keyNames, scope)
  const names = nameColumns(operator.aggregates, 'aggregate', new Set(keyNames))
  const aggregates = operator.aggregates.map(({ expression }, index) => ({
    name: names[index] ?? '',
    value: compileAggregate(expression, scope),
  }))
  if (keys.length + aggregates.length === 0) throw semanticFailure('summarize needs an aggregation or a key.')
  const positions = keys.map((_key, index) => String(index + 1)).join(', ')
  const clause = keys.length === 0 ? '' : ` GROUP BY ${positions}`
  return select(stage, [...keys, ...aggregates], { clause, keepPlace: false })
}
