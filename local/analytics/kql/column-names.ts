import { semanticFailure } from '../failure.ts'
import { namePrefixOf } from './scalar-calls.ts'
import type { Expression, NamedExpression } from './syntax.ts'

/** Gives each column of a result a name of its own. */
export class ColumnNamer {
  readonly #used: Set<string>
  /** The names that the query itself gives. */
  readonly #given = new Set<string>()

  constructor(taken: Iterable<string> = []) {
    this.#used = new Set(taken)
  }

  /** The name that the query gives; with a number when it came by itself before. @throws KustoFailure when given twice */
  given(name: string): string {
    if (this.#given.has(name)) throw semanticFailure(`A column named '${name}' already exists.`, 'SEM0033')
    this.#given.add(name)
    return this.free(name)
  }

  /** The wanted name, with a number behind it when it is taken: Id, Id1, Id2. */
  free(wanted: string): string {
    let name = wanted
    for (let counter = 1; this.#used.has(name); counter += 1) name = `${wanted}${counter}`
    this.#used.add(name)
    return name
  }

  /** Marks a name as used, whether it was or not. */
  taken(name: string): string {
    this.#used.add(name)
    return name
  }

  /** Column1, Column2, ... */
  numbered(): string {
    for (let counter = 1; ; counter += 1) {
      if (!this.#used.has(`Column${counter}`)) return this.free(`Column${counter}`)
    }
  }

  /** The name that the query gives a column, or the one that Kusto gives it. @throws KustoFailure as `given` */
  of({ name, expression }: NamedExpression): string {
    if (name !== undefined) return this.given(name)
    // A column that is named twice is a mistake; only names that come from an expression get a number.
    if (expression.kind === 'name') return this.given(expression.name)
    return this.orNumbered(naturalName(expression))
  }

  orNumbered(natural: string | undefined): string {
    return natural === undefined ? this.numbered() : this.free(natural)
  }
}

/** What Kusto puts in front of the name of an aggregation's column, where it is not the aggregation's own name. */
const aggregatePrefixes: Readonly<Record<string, string>> = {
  make_list: 'list',
  make_list_if: 'list',
  make_set: 'set',
  make_set_if: 'set',
}

/** `count_`, `countif_`, `dcount_EventId`, `list_Id` */
export function aggregateName(name: string, parameters: readonly Expression[]): string {
  const [first] = parameters
  const inner = first === undefined ? '' : (naturalName(first) ?? '')
  return `${aggregatePrefixes[name] ?? name}_${inner}`
}

/** The name Kusto gives: Payload_a for `Payload.a`, X for `tolong(X)`. Undefined: Kusto numbers it (Column1, ...). */
export function naturalName(
  expression: Expression,
  nameCall?: (call: Extract<Expression, { kind: 'call' }>) => string | undefined,
): string | undefined {
  switch (expression.kind) {
    case 'name':
      return expression.name
    case 'member': {
      const target = naturalName(expression.target, nameCall)
      return target === undefined ? undefined : `${target}_${expression.key}`
    }
    case 'element': {
      const target = naturalName(expression.target, nameCall)
      return target === undefined ? undefined : `${target}_`
    }
    case 'call': {
      const named = nameCall?.(expression)
      if (named !== undefined) return named
      const [first] = expression.parameters
      const prefix = namePrefixOf(expression.name)
      const inner = first === undefined || prefix === undefined ? undefined : naturalName(first, nameCall)
      return inner === undefined ? undefined : `${prefix}${inner}`
    }
    case 'literal':
    case 'negative':
    case 'binary':
    case 'in':
    case 'between':
    case 'has-list':
    case 'query':
    case 'star':
      return undefined
  }
}
