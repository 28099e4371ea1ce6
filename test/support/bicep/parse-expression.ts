import type {
  Expression,
  Interpolation,
  Lambda,
  Literal,
  Loop,
  ObjectExpression,
  Property,
  Spread,
} from './syntax.ts'
import { TokenStream } from './token-stream.ts'
import { tokensOf } from './tokens.ts'

/** Parses expressions. The parsers of types and of whole files extend it. */
export class ExpressionParser extends TokenStream {
  expression(): Expression {
    const condition = this.#binary(0)
    if (!this.takeMarkOverLines('?')) return condition
    this.skipNewlines()
    const whenTrue = this.expression()
    if (!this.takeMarkOverLines(':')) this.fail("':'")
    this.skipNewlines()
    const whenFalse = this.expression()
    return { kind: 'conditional', line: condition.line, condition, whenTrue, whenFalse }
  }

  #binary(above: number): Expression {
    let left = this.#unary()
    for (;;) {
      const { kind, text, line } = this.current
      const precedence = kind === 'mark' ? precedenceOf(text) : undefined
      if (precedence === undefined || precedence <= above) return left
      this.take()
      left = { kind: 'binary', line, operator: text, left, right: this.#binary(precedence) }
    }
  }

  #unary(): Expression {
    const { line, text } = this.current
    if (!this.takeMark('!') && !this.takeMark('-')) return this.#withAccess()
    return { kind: 'unary', line, operator: text, operand: this.#unary() }
  }

  #withAccess(): Expression {
    let base = this.#primary()
    for (;;) {
      const { line } = this.current
      if (this.takeMark('[')) {
        const isSafe = this.takeMark('?')
        base = { kind: 'index', line, base, index: this.expression(), isSafe }
        this.expectMark(']')
      } else if (this.takeMark('.')) {
        const isSafe = this.takeMark('?')
        const name = this.name('a property or a function')
        base = this.isMark('(')
          ? { kind: 'call', line, base, name, arguments: this.arguments() }
          : { kind: 'member', line, base, name, isSafe }
      } else if (this.isMark('::')) base = this.#inner(base)
      else if (this.takeMark('!')) base = { kind: 'not-null', line, value: base }
      else return base
    }
  }

  /** `outer::inner` is the name of a resource that is written inside another resource. */
  #inner(outer: Expression): Expression {
    const { line } = this.expectMark('::')
    if (outer.kind !== 'name') this.fail('the name of a resource before ::')
    return { kind: 'name', line, name: `${outer.name}::${this.name('a resource')}` }
  }

  arguments(): Expression[] {
    this.expectMark('(')
    return this.list(')', () => this.expression())
  }

  #primary(): Expression {
    const { kind, text, line } = this.current
    if (kind === 'string') return this.string()
    if (kind === 'number') return { kind: 'literal', line, value: Number(this.take().text) }
    if (this.isMark('{')) return this.object()
    if (this.isMark('[')) return this.isLoop() ? this.#valueLoop() : this.#array()
    if (this.isMark('(')) return this.#lambdaParameters() ?? this.#parenthesised()
    if (kind !== 'word') this.fail('an expression')
    this.take()
    if (text === 'true' || text === 'false') return { kind: 'literal', line, value: text === 'true' }
    if (text === 'null') return { kind: 'literal', line, value: null }
    if (this.isMark('=>')) return this.lambda([text])
    return this.isMark('(')
      ? { kind: 'call', line, name: text, arguments: this.arguments() }
      : { kind: 'name', line, name: text }
  }

  #parenthesised(): Expression {
    this.expectMark('(')
    this.skipNewlines()
    const expression = this.expression()
    this.skipNewlines()
    this.expectMark(')')
    return expression
  }

  /** Reads the start of `(a, b) => body`. Only the arrow shows that it is not an expression in parentheses. */
  #lambdaParameters(): Lambda | undefined {
    let count = 1
    while (this.ahead(count).kind === 'word' || this.isMark(',', count)) count += 1
    if (!this.isMark(')', count) || !this.isMark('=>', count + 1)) return undefined
    this.expectMark('(')
    return this.lambda(this.list(')', () => this.name('a parameter')))
  }

  lambda(parameters: readonly string[]): Lambda {
    const { line } = this.expectMark('=>')
    this.skipNewlines()
    return { kind: 'lambda', line, parameters, body: this.expression() }
  }

  string(): Literal | Interpolation {
    if (this.current.kind !== 'string') this.fail('a string')
    const { line, parts = [] } = this.take()
    const [only] = parts
    if (parts.length === 1 && typeof only === 'string') return { kind: 'literal', line, value: only }
    return {
      kind: 'interpolation',
      line,
      parts: parts.map((part) => (typeof part === 'string' ? part : new ExpressionParser(part).whole())),
    }
  }

  /** Reads all tokens as one expression. */
  whole(): Expression {
    this.skipNewlines()
    const expression = this.expression()
    this.skipNewlines()
    if (this.current.kind !== 'end') this.fail('the end of the expression')
    return expression
  }

  /** A text that must be known without evaluating anything: the type of a resource, a file's name. */
  plainString(): string {
    const { value } = this.string() as Partial<Literal>
    return typeof value === 'string' ? value : this.fail('a string without interpolation')
  }

  object(): ObjectExpression {
    const { line } = this.expectMark('{')
    return { kind: 'object', line, properties: this.list('}', () => this.objectItem()) }
  }

  objectItem(): Property | Spread {
    return this.#spread() ?? this.#property()
  }

  #property(): Property {
    const { line, kind } = this.current
    const key: Expression =
      kind === 'string' ? this.string() : { kind: 'literal', line, value: this.name('a property') }
    this.expectMark(':')
    this.skipNewlines()
    return { kind: 'property', line, key, value: this.expression() }
  }

  #array(): Expression {
    const { line } = this.expectMark('[')
    return { kind: 'array', line, items: this.list(']', () => this.#spread() ?? this.expression()) }
  }

  #spread(): Spread | undefined {
    const { line } = this.current
    return this.takeMark('...') ? { kind: 'spread', line, value: this.expression() } : undefined
  }

  isLoop(): boolean {
    const first = this.ahead(1).kind === 'newline' ? 2 : 1
    return this.isMark('[') && this.isWord('for', first)
  }

  #valueLoop(): Loop {
    const head = this.loopHead()
    const body = this.expression()
    this.loopEnd()
    return { kind: 'loop', ...head, body }
  }

  /** `[for item in list:`, up to the body. */
  loopHead(): { line: number; item: string; index?: string; list: Expression } {
    const { line } = this.expectMark('[')
    this.skipNewlines()
    this.expectWord('for')
    const names = this.takeMark('(') ? this.list(')', () => this.name('a name')) : [this.name('a name')]
    this.expectWord('in')
    const list = this.expression()
    this.expectMark(':')
    this.skipNewlines()
    const [item = '', index] = names
    return { line, item, list, ...(index === undefined ? {} : { index }) }
  }

  loopEnd(): void {
    this.skipNewlines()
    this.expectMark(']')
  }
}

/** Binary operators, the lowest precedence first. Source: docs/spec/expressions.md of Azure/bicep. */
const OPERATORS = [
  ['??'],
  ['||'],
  ['&&'],
  ['==', '!=', '=~', '!~'],
  ['<', '<=', '>', '>='],
  ['+', '-'],
  ['*', '/', '%'],
]

/** From 1; undefined if the text is not a binary operator. */
function precedenceOf(operator: string): number | undefined {
  const at = OPERATORS.findIndex((level) => level.includes(operator))
  return at < 0 ? undefined : at + 1
}

/**
 * Reads one expression.
 * @throws BicepError if the text is not an expression
 */
export const parseExpression = (text: string): Expression => new ExpressionParser(tokensOf(text)).whole()
