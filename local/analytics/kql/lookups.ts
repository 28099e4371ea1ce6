import type { Expression, Operator } from './syntax.ts'

/** The source's columns that the query's first `where` steps compare with one value. An index helps for them. */
export function lookupColumns(operators: readonly Operator[]): string[] {
  const columns: string[] = []
  for (const operator of operators) {
    if (operator.kind !== 'where') break
    columns.push(...columnsIn(operator.condition))
  }
  return columns
}

function columnsIn(condition: Expression): string[] {
  if (condition.kind !== 'binary') return []
  if (condition.operator === 'and') return [...columnsIn(condition.left), ...columnsIn(condition.right)]
  const comparesValue = condition.right.kind === 'literal' || condition.right.kind === 'name'
  if (condition.operator !== '==' || condition.left.kind !== 'name' || !comparesValue) return []
  return [condition.left.name]
}
