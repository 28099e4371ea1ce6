import { conditionOf, evaluate } from './evaluate.ts'
import type { BicepFile, Decorator, Expression, ObjectExpression } from './syntax.ts'
import { readBicep } from './read.ts'
import type { Turn } from './reference.ts'
import { Template } from './template.ts'
import type { Given } from './template.ts'
import { isObject, textOf } from './values.ts'
import type { ObjectValue, Value } from './values.ts'

/** A resource that a deployment would make, with everything that can be known before the deployment. */
export interface PlannedResource {
  readonly file: string
  /** The modules that lead to it, then its name in its file: `postgres/replicas[0]/server`. */
  readonly path: string
  readonly type: string
  readonly version: string
  readonly name: Value
  /** The whole body without `scope`, `parent` and `dependsOn`, which only say where and when it is made. */
  readonly body: ObjectValue
  /** The text after `scope:` or `parent:`, such as `queues[0]`; '' where there is none. */
  readonly scope: string
  readonly parent: string
  readonly decorators: readonly Decorator[]
}

const PLACEMENT = new Set(['scope', 'parent', 'dependsOn'])

/**
 * The resources that a deployment of the file with these parameters would make, including those of modules: a resource
 * with a loop once for each turn, none whose condition is false, and none that is declared as existing.
 */
export function planDeployment(path: string, given: Given): PlannedResource[] {
  return resourcesOf(new Template(readBicep(path), given), '')
}

/** The same for a template that is already read. */
export function resourcesOf(template: Template, above: string): PlannedResource[] {
  return [...template.file.deployed.values()]
    .filter(({ isExisting }) => !isExisting)
    .flatMap((declared) => template.turns(declared))
    .flatMap((turn) =>
      turn.declared.kind === 'module'
        ? resourcesOf(template.module(turn), `${above}${turn.symbol}/`)
        : [planned(template.file, turn, above)],
    )
}

function planned(file: BicepFile, turn: Turn, above: string): PlannedResource {
  const { declared, scope, symbol } = turn
  const [type = '', version = ''] = declared.source.split('@')
  const placement = new Map<string, string>()
  const kept: ObjectExpression['properties'][number][] = []
  for (const property of declared.body.properties) {
    const key =
      property.kind === 'property' && property.key.kind === 'literal' ? String(property.key.value) : ''
    if (!PLACEMENT.has(key)) kept.push(property)
    else if (key !== 'dependsOn') placement.set(key, referenceText(property.value, scope))
  }
  const body = evaluate({ ...declared.body, properties: kept }, scope)
  if (!isObject(body)) throw new Error(`${file.path}: ${symbol} is no object`)
  return {
    file: file.path,
    path: above + symbol,
    type,
    version,
    name: body['name'] ?? null,
    body,
    scope: placement.get('scope') ?? '',
    parent: placement.get('parent') ?? declared.inside ?? '',
    decorators: declared.decorators,
  }
}

/** The resource that an expression names, as text. A scope may contain a condition. */
function referenceText(expression: Expression, scope: Parameters<typeof evaluate>[1]): string {
  if (expression.kind === 'conditional') {
    const isTrue = conditionOf(expression.condition, scope)
    return referenceText(isTrue ? expression.whenTrue : expression.whenFalse, scope)
  }
  return textOf(evaluate(expression, scope)).replaceAll(/^\{|\}$/g, '')
}
