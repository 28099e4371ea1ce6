import { conditionOf, evaluate } from './evaluate.ts'
import type { BicepFile, Decorator, Expression, ObjectExpression } from './syntax.ts'
import { readBicep } from './read.ts'
import type { Turn } from './reference.ts'
import { Template } from './template.ts'
import type { Given } from './template.ts'
import { isObject, textOf } from './values.ts'
import type { ObjectValue, Value } from './values.ts'

/** A resource that a deployment would make, with everything of it that can be known before. */
export interface PlannedResource {
  readonly file: string
  /** The modules that lead to it, then its own name in the file: `postgres/replicas[0]/server`. */
  readonly path: string
  readonly type: string
  readonly version: string
  readonly name: Value
  /** The whole body but for what only says where and when: `scope`, `parent`, `dependsOn`. */
  readonly body: ObjectValue
  /** The text after `scope:` or `parent:`, such as `queues[0]`; '' where there is none. */
  readonly scope: string
  readonly parent: string
  readonly decorators: readonly Decorator[]
}

const PLACEMENT = new Set(['scope', 'parent', 'dependsOn'])

/**
 * What a deployment of the file with these parameters would make, modules included: each resource once for every turn
 * of its loop, none whose condition does not hold, and none that only refers to what exists.
 */
export function planDeployment(path: string, given: Given): PlannedResource[] {
  return resourcesOf(new Template(readBicep(path), given), '')
}

/** The same for a template that is at hand. */
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

/** The resource that an expression names, as text: a scope may be chosen by a condition. */
function referenceText(expression: Expression, scope: Parameters<typeof evaluate>[1]): string {
  if (expression.kind === 'conditional') {
    const isTrue = conditionOf(expression.condition, scope)
    return referenceText(isTrue ? expression.whenTrue : expression.whenFalse, scope)
  }
  return textOf(evaluate(expression, scope)).replaceAll(/^\{|\}$/g, '')
}
