import { ExpressionParser } from './parse-expression.ts'
import type { Decorator, Type } from './syntax.ts'

/** Parses types after parameters, outputs and `type`, and the decorators that may stand above each of them. */
export class TypeParser extends ExpressionParser {
  decorators(): Decorator[] {
    const decorators: Decorator[] = []
    for (;;) {
      const { line } = this.current
      if (!this.takeMark('@')) return decorators
      let name = this.name('a decorator')
      while (this.takeMark('.')) name = this.name('a decorator')
      decorators.push({ line, name, arguments: this.arguments() })
      this.skipNewlines()
    }
  }

  type(): Type {
    this.takeMarkOverLines('|')
    const of = [this.#postfixType()]
    while (this.takeMarkOverLines('|')) {
      this.skipNewlines()
      of.push(this.#postfixType())
    }
    const [only] = of
    return of.length === 1 && only !== undefined ? only : { kind: 'union', of }
  }

  #postfixType(): Type {
    let type = this.#primaryType()
    for (;;) {
      if (this.takeMark('?')) type = { kind: 'optional', of: type }
      else if (this.isMark('[') && this.isMark(']', 1)) {
        this.take()
        this.take()
        type = { kind: 'list', of: type }
      } else return type
    }
  }

  #primaryType(): Type {
    const { kind, text } = this.current
    if (kind === 'string') return { kind: 'literal', value: this.plainString() }
    if (kind === 'number') return { kind: 'literal', value: Number(this.take().text) }
    if (this.takeMark('{'))
      return { kind: 'object', properties: new Map(this.list('}', () => this.#member())) }
    if (this.takeMark('[')) return { kind: 'tuple', items: this.list(']', () => this.type()) }
    if (this.takeMark('(')) {
      const type = this.type()
      this.expectMark(')')
      return type
    }
    const name = this.name('a type')
    if (text === 'true' || text === 'false') return { kind: 'literal', value: text === 'true' }
    return { kind: 'named', name }
  }

  /** One property of an object type; `*` stands for those that are not named. */
  #member(): [string, Type] {
    this.decorators()
    const name = this.#memberName()
    this.expectMark(':')
    this.skipNewlines()
    return [name, this.type()]
  }

  #memberName(): string {
    if (this.takeMark('*')) return '*'
    return this.current.kind === 'string' ? this.plainString() : this.name('a property')
  }
}
