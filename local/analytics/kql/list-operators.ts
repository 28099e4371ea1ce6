import { semanticFailure, unsupported } from '../failure.ts'
import { elementsOfArray } from '../values/index.ts'
import type { StoredValue } from '../values/index.ts'
import { convert, sameType, toText } from './conversions.ts'
import type { Scope } from './scope.ts'
import type { Expression } from './syntax.ts'
import { compose, literalSql } from './typed-sql.ts'
import type { TypedSql } from './typed-sql.ts'

type Compile = (inner: Expression) => TypedSql

/** `X in (a, b)`, `X in (dynamic([...]))`, `X in ((T | project Y))`, with `!` and `~`. */
export function compileIn(
  expression: Extract<Expression, { kind: 'in' }>,
  scope: Scope,
  compile: Compile,
): TypedSql {
  const { negated, ignoresCase, candidates } = expression
  const value = folded(compile(expression.value), ignoresCase)
  const [only] = candidates
  const query = candidates.length === 1 && only !== undefined ? queryOf(only, scope) : undefined
  const found =
    query === undefined
      ? inValues(value, candidates.map(compile).flatMap(expandArray), ignoresCase)
      : inQuery(value, query, ignoresCase, scope)
  return negated ? compose('bool', '(NOT {0})', found) : found
}

/** `in~` compares without case: both sides in lower case. */
function folded(value: TypedSql, ignoresCase: boolean): TypedSql {
  return ignoresCase ? compose('string', 'kql_tolower({0})', toText(value)) : value
}

function queryOf(candidate: Expression, scope: Scope): Extract<Expression, { kind: 'query' }> | undefined {
  if (candidate.kind === 'query') return candidate
  if (candidate.kind !== 'name' || scope.names.scalars.has(candidate.name)) return undefined
  const isColumn = scope.columns.some((column) => column.name === candidate.name)
  if (isColumn || !scope.names.hasTable(candidate.name)) return undefined
  return { kind: 'query', query: { source: { kind: 'table', name: candidate.name }, operators: [] } }
}

/** A dynamic array that is known when the query is read counts as its elements. */
function expandArray(candidate: TypedSql): TypedSql[] {
  const [json] = candidate.parameters
  if (candidate.type !== 'dynamic' || candidate.sql !== '?' || typeof json !== 'string') return [candidate]
  const elements = elementsOfArray(json)
  return elements === undefined ? [candidate] : elements.map((element) => literalSql('dynamic', element))
}

function inValues(value: TypedSql, candidates: readonly TypedSql[], ignoresCase: boolean): TypedSql {
  for (const candidate of candidates) {
    if (candidate.type === 'dynamic' && candidate.sql !== '?')
      throw unsupported("a dynamic array from a column in 'in'", [
        "column in ('a', 'b')",
        "column in (dynamic(['a', 'b']))",
        'column in ((Table | project Name))',
        'set_has_element(array, value)',
      ])
  }
  const [first, ...others] = candidates.map((candidate) => folded(candidate, ignoresCase))
  if (first === undefined) return literalSql('bool', 0n)
  const [left, firstRight] = sameType(value, first)
  const right = [firstRight, ...others.map((candidate) => sameType(left, candidate)[1])]
  const list = right.map((candidate) => candidate.sql).join(', ')
  const parameters: StoredValue[] = [...left.parameters, ...left.parameters]
  for (const candidate of right) parameters.push(...candidate.parameters)
  return {
    sql: `(${left.sql} IS NOT NULL AND ${left.sql} IN (${list}))`,
    parameters,
    type: 'bool',
  }
}

function inQuery(
  value: TypedSql,
  { query }: Extract<Expression, { kind: 'query' }>,
  ignoresCase: boolean,
  scope: Scope,
): TypedSql {
  const stage = scope.names.compileQuery(query)
  const [first] = stage.columns
  if (first === undefined) throw semanticFailure("The query in 'in' has no column.")
  const found = folded({ sql: first.sql, parameters: [], type: first.type }, ignoresCase)
  const left = value.type === 'dynamic' ? convert(value, found.type) : value
  const [a, b] = sameType(left, found)
  const rows: TypedSql = {
    sql: `SELECT ${b.sql} FROM (${stage.sql}) WHERE ${b.sql} IS NOT NULL`,
    parameters: [...b.parameters, ...stage.parameters, ...b.parameters],
    type: b.type,
  }
  return compose('bool', '({0} IS NOT NULL AND {0} IN ({1}))', a, rows)
}

/** `X has_any ('a', 'b')`: one of them; `has_all`: each of them. */
export function compileHasList(
  expression: Extract<Expression, { kind: 'has-list' }>,
  compile: Compile,
): TypedSql {
  const { operator } = expression
  const value = compile(expression.value)
  const terms = expression.candidates.map(compile).flatMap(expandArray)
  for (const side of [value, ...terms]) {
    if (side.type !== 'string' && side.type !== 'dynamic')
      throw semanticFailure(`'${operator}' takes strings, not ${side.type}; tostring() makes one.`, 'SEM0064')
  }
  const parts = terms.map((term) => compose('bool', 'kql_has({0}, {1})', toText(value), toText(term)))
  if (parts.length === 0) return literalSql('bool', operator === 'has_any' ? 0n : 1n)
  return {
    sql: `(${parts.map((part) => part.sql).join(operator === 'has_any' ? ' OR ' : ' AND ')})`,
    parameters: parts.flatMap((part) => [...part.parameters]),
    type: 'bool',
  }
}
