import type { Expression, Operator, Program, Query } from './syntax.ts'

/** A column of a table that a query compares with one value. An index helps for it. */
export interface Lookup {
  readonly table: string
  readonly column: string
}

/** What the first `where` steps behind each table of the query compare. */
export function lookupColumns(program: Program): Lookup[] {
  const values = program.lets.flatMap(({ value }) => (value.kind === 'query' ? [value.query] : []))
  return [...values, program.query].flatMap((query) => inQuery(query))
}

function inQuery({ source, operators }: Query): Lookup[] {
  const found = operators.flatMap((operator) => inOperator(operator))
  if (source.kind === 'query') found.push(...inQuery(source.query))
  if (source.kind === 'union') found.push(...source.union.queries.flatMap((query) => inQuery(query)))
  if (source.kind !== 'table') return found
  for (const operator of operators) {
    if (operator.kind !== 'where') break
    found.push(...columnsIn(operator.condition).map((column) => ({ table: source.name, column })))
  }
  return found
}

function inOperator(operator: Operator): Lookup[] {
  if (operator.kind === 'join') return inQuery(operator.right)
  if (operator.kind === 'union') return operator.union.queries.flatMap((query) => inQuery(query))
  return []
}

function columnsIn(condition: Expression): string[] {
  if (condition.kind !== 'binary') return []
  if (condition.operator === 'and') return [...columnsIn(condition.left), ...columnsIn(condition.right)]
  const comparesValue = condition.right.kind === 'literal' || condition.right.kind === 'name'
  if (condition.operator !== '==' || condition.left.kind !== 'name' || !comparesValue) return []
  return [condition.left.name]
}
