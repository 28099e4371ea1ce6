import { semanticFailure } from '../failure.ts'
import type { Expression, NamedExpression } from './syntax.ts'

/**
 * Names for the columns of a result. Where the query gives no name, the name is the one that Kusto would give.
 * @throws KustoFailure when the query gives one name twice
 */
export function nameColumns(
  expressions: readonly NamedExpression[],
  kind: 'aggregate' | 'scalar',
  taken: ReadonlySet<string> = new Set(),
): string[] {
  const used = new Set(taken)
  const free = (wanted: string): string => {
    let name = wanted
    for (let counter = 1; used.has(name); counter += 1) name = `${wanted}${counter}`
    return name
  }
  return expressions.map(({ name, expression }, index) => {
    if (name !== undefined && used.has(name)) {
      throw semanticFailure(`A column named '${name}' already exists.`, 'SEM0033')
    }
    const natural = kind === 'aggregate' ? aggregateName(expression) : naturalName(expression)
    const chosen = name ?? free(natural ?? `Column${index + 1}`)
    used.add(chosen)
    return chosen
  })
}

/** `count_`, `countif_`, `dcount_EventId`, `max_Position` */
function aggregateName(expression: Expression): string | undefined {
  if (expression.kind !== 'call') return undefined
  const inner = expression.name === 'countif' ? undefined : expression.parameters[0]
  return `${expression.name}_${inner === undefined ? '' : (naturalName(inner) ?? '')}`
}

const CONVERSIONS = new Set([
  'tostring',
  'tolong',
  'toint',
  'toreal',
  'todouble',
  'tobool',
  'toguid',
  'todatetime',
  'totimespan',
  'todecimal',
  'bin',
])

/** The name Kusto gives: Payload_a for `Payload.a`, X for `tolong(X)`. Undefined: Kusto numbers it (Column1, ...). */
function naturalName(expression: Expression): string | undefined {
  switch (expression.kind) {
    case 'name':
      return expression.name
    case 'member': {
      const target = naturalName(expression.target)
      return target === undefined ? undefined : `${target}_${expression.key}`
    }
    case 'call': {
      const inner = expression.parameters[0]
      return CONVERSIONS.has(expression.name) && inner !== undefined ? naturalName(inner) : undefined
    }
    case 'literal':
    case 'negative':
    case 'binary':
    case 'in':
    case 'star':
      return undefined
  }
}
