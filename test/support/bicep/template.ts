import { dirname, join } from 'node:path'
import { callbackOf, conditionOf, evaluate, loopOver } from './evaluate.ts'
import type { Scope } from './evaluate.ts'
import type { Callback } from './functions.ts'
import { callPlatform } from './platform.ts'
import { propertyNamed, referenceOf } from './reference.ts'
import type { Turn } from './reference.ts'
import { importedFrom, readBicep } from './read.ts'
import type { BicepFile, Deployed, Expression } from './syntax.ts'
import { accepts } from './types.ts'
import { isEqual, isList, textOf, Unknown } from './values.ts'
import type { Value } from './values.ts'

export type Given = Readonly<Record<string, Value>>

/**
 * One Bicep file with the values of its parameters. Each value is evaluated only when it is needed.
 * @throws Error when a parameter is unknown, missing, or not of its declared type
 */
export class Template implements Scope {
  readonly file: BicepFile
  readonly #given: Given
  readonly #known = new Map<string, Value>()
  readonly #open = new Set<string>()

  constructor(file: BicepFile, given: Given) {
    this.file = file
    this.#given = given
    for (const [name, value] of Object.entries(given)) this.#check(name, value)
    for (const { name, initial, type } of file.parameters.values()) {
      if (initial === undefined && type.kind !== 'optional' && !Object.hasOwn(given, name))
        throw new Error(`${file.path}: the parameter ${name} is required`)
    }
  }

  #check(name: string, value: Value): void {
    const parameter = this.file.parameters.get(name)
    if (parameter === undefined) throw new Error(`${this.file.path} has no parameter ${name}`)
    const allowed = parameter.decorators.find((decorator) => decorator.name === 'allowed')?.arguments[0]
    const choices = allowed === undefined ? [value] : evaluate(allowed, this)
    if (
      !isList(choices) ||
      !choices.some((choice) => isEqual(choice, value)) ||
      !accepts(this.file, parameter.type, value)
    )
      throw new Error(`${this.file.path}: the parameter ${name} can't be ${textOf(value)}`)
  }

  parameter(name: string): Value {
    const parameter = this.file.parameters.get(name)
    if (parameter === undefined) throw new Error(`${this.file.path} has no parameter ${name}`)
    if (Object.hasOwn(this.#given, name)) return this.#given[name] ?? null
    return parameter.initial === undefined ? null : evaluate(parameter.initial, this)
  }

  variable(name: string): Value {
    const variable = this.file.variables.get(name)
    if (variable === undefined) throw new Error(`${this.file.path} has no variable ${name}`)
    return evaluate(variable.value, this)
  }

  output(name: string): Value {
    const output = this.file.outputs.get(name)
    if (output === undefined) throw new Error(`${this.file.path} has no output ${name}`)
    return this.#once(`output ${name}`, () => evaluate(output.value, this))
  }

  evaluate(expression: Expression): Value {
    return evaluate(expression, this)
  }

  lookUp(name: string): Value | undefined {
    const { parameters, variables, deployed } = this.file
    if (parameters.has(name)) return this.#once(name, () => this.parameter(name))
    if (variables.has(name)) return this.#once(name, () => this.variable(name))
    const declared = deployed.get(name) ?? [...deployed].find(([key]) => key.endsWith(`::${name}`))?.[1]
    return declared === undefined ? this.#imported(name) : this.#reference(declared)
  }

  userFunction(name: string): Callback | undefined {
    const declared = this.file.functions.get(name)
    return declared === undefined ? undefined : callbackOf(declared.lambda, this)
  }

  platformFunction(name: string, given: readonly Value[]): Value | undefined {
    return callPlatform(this.file.path, name, given)
  }

  /** The turns of a resource or module for which its condition is true. */
  turns(declared: Deployed): Turn[] {
    const { name, loop, condition, inside, line } = declared
    const outer = inside === undefined ? undefined : this.file.deployed.get(inside)
    const around = outer === undefined ? [this] : this.turns(outer).map(({ scope }) => scope)
    return around
      .flatMap((scope) => (loop === undefined ? [scope] : loopOver({ line, ...loop }, scope)))
      .map((scope, position) => ({
        declared,
        scope,
        symbol: loop === undefined ? name : `${name}[${position}]`,
      }))
      .filter(({ scope }) => condition === undefined || conditionOf(condition, scope))
  }

  /** The file that a module is made from, with the values that this file gives it. */
  module({ declared, scope }: Turn): Template {
    const params = propertyNamed(declared, 'params')
    const given = params === undefined ? {} : (evaluate(params, scope) as Given)
    return new Template(readBicep(join(dirname(this.file.path), declared.source)), given)
  }

  /** The value of the name of a resource or module. Null: its condition is false, so it does not exist. */
  #reference(declared: Deployed): Value {
    return this.#once(declared.name, () => {
      const turns = this.turns(declared).map((turn) => this.#turnReference(turn))
      if (declared.loop === undefined) return turns[0] ?? null
      return new Unknown(declared.name, (at) => (typeof at === 'number' ? turns[at] : undefined))
    })
  }

  #turnReference(turn: Turn): Unknown {
    const { declared, symbol } = turn
    if (declared.kind === 'resource') return referenceOf(turn, this)
    let template: Template | undefined
    const outputs = new Unknown(`${symbol}.outputs`, (member) => {
      template ??= this.module(turn)
      return template.output(String(member))
    })
    return new Unknown(symbol, (member) => (member === 'outputs' ? outputs : undefined))
  }

  #imported(name: string): Value | undefined {
    const source = importedFrom(this.file, name)
    return source === undefined ? undefined : new Template(source.file, {}).variable(source.name)
  }

  #once(name: string, make: () => Value): Value {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    if (this.#open.has(name)) throw new Error(`${this.file.path}: ${name} depends on itself`)
    this.#open.add(name)
    const value = make()
    this.#open.delete(name)
    this.#known.set(name, value)
    return value
  }
}
