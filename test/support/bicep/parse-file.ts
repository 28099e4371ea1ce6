import { TypeParser } from './parse-type.ts'
import type {
  BicepFile,
  Declaration,
  Deployed,
  Import,
  Lambda,
  ObjectExpression,
  Output,
  Parameter,
  TypeDeclaration,
  UserFunction,
  Variable,
} from './syntax.ts'
import { BicepError, tokensOf } from './tokens.ts'

type Mutable<Map> = Map extends ReadonlyMap<infer Key, infer Value> ? globalThis.Map<Key, Value> : never

/** Collects the declarations of a file. */
class Declarations implements BicepFile {
  readonly path: string
  targetScope = 'resourceGroup'
  readonly parameters: Mutable<BicepFile['parameters']> = new Map<string, Parameter>()
  readonly variables: Mutable<BicepFile['variables']> = new Map<string, Variable>()
  readonly outputs: Mutable<BicepFile['outputs']> = new Map<string, Output>()
  readonly types: Mutable<BicepFile['types']> = new Map<string, TypeDeclaration>()
  readonly functions: Mutable<BicepFile['functions']> = new Map<string, UserFunction>()
  readonly deployed: Mutable<BicepFile['deployed']> = new Map<string, Deployed>()
  readonly imports: Import[] = []

  constructor(path: string) {
    this.path = path
  }
}

/**
 * Reads the text of a Bicep file.
 * @throws BicepError where the text is not a declaration or not an expression
 */
export function parseBicep(path: string, text: string): BicepFile {
  try {
    return new FileParser(tokensOf(text)).file(path)
  } catch (error) {
    if (!(error instanceof BicepError)) throw error
    throw new Error(`${path} ${error.message}`, { cause: error })
  }
}

type Outer = Pick<Deployed, 'name' | 'source'>

class FileParser extends TypeParser {
  file(path: string): BicepFile {
    const found = new Declarations(path)
    this.skipNewlines()
    while (!this.isKind('end')) {
      this.#statement(found)
      if (!this.isKind('newline', 'end')) this.fail('a new line')
      this.skipNewlines()
    }
    return found
  }

  #statement(into: Declarations): void {
    const decorators = this.decorators()
    const { line } = this.current
    const keyword = this.name('a declaration')
    if (keyword === 'targetScope') {
      this.expectMark('=')
      into.targetScope = this.plainString()
      return
    }
    if (keyword === 'import') {
      into.imports.push(this.#import(line))
      return
    }
    const declaration: Declaration = { line, decorators, name: this.name(`the name of the ${keyword}`) }
    if (keyword === 'param') into.parameters.set(declaration.name, this.#parameter(declaration))
    else if (keyword === 'var') into.variables.set(declaration.name, this.#variable(declaration))
    else if (keyword === 'output') into.outputs.set(declaration.name, this.#output(declaration))
    else if (keyword === 'type') into.types.set(declaration.name, this.#typeDeclaration(declaration))
    else if (keyword === 'func') into.functions.set(declaration.name, this.#function(declaration))
    else if (keyword === 'resource' || keyword === 'module') this.#deployed(declaration, keyword, into)
    else if (keyword === 'metadata') this.#variable(declaration)
    else throw new BicepError(line, `'${keyword}' is not read by these tests`)
  }

  #parameter(declaration: Declaration): Parameter {
    const type = this.type()
    return this.takeMark('=')
      ? { ...declaration, type, initial: this.expression() }
      : { ...declaration, type }
  }

  #variable(declaration: Declaration): Variable {
    if (!this.isMark('=')) this.type()
    this.expectMark('=')
    return { ...declaration, value: this.expression() }
  }

  #output(declaration: Declaration): Output {
    const type = this.type()
    this.expectMark('=')
    return { ...declaration, type, value: this.expression() }
  }

  #typeDeclaration(declaration: Declaration): TypeDeclaration {
    this.expectMark('=')
    return { ...declaration, type: this.type() }
  }

  #function(declaration: Declaration): UserFunction {
    this.expectMark('(')
    const parameters = this.list(')', () => {
      const name = this.name('a parameter')
      this.type()
      return name
    })
    this.type()
    const lambda: Lambda = this.lambda(parameters)
    return { ...declaration, lambda }
  }

  #deployed(declaration: Declaration, kind: Deployed['kind'], into: Declarations, outer?: Outer): void {
    const written = this.plainString()
    const source = outer === undefined ? written : innerSource(outer.source, written)
    const isExisting = this.takeWord('existing')
    this.expectMark('=')
    this.skipNewlines()
    const name = outer === undefined ? declaration.name : `${outer.name}::${declaration.name}`
    const common = {
      ...declaration,
      name,
      kind,
      source,
      isExisting,
      ...(outer === undefined ? {} : { inside: outer.name }),
    }
    if (!this.isLoop()) {
      into.deployed.set(name, { ...common, ...this.#conditionalBody(into, { name, source }) })
      return
    }
    const { item, index, list } = this.loopHead()
    const body = this.#conditionalBody(into, { name, source })
    this.loopEnd()
    const loop = { item, list, ...(index === undefined ? {} : { index }) }
    into.deployed.set(name, { ...common, ...body, loop })
  }

  #conditionalBody(into: Declarations, self: Outer): Pick<Deployed, 'body' | 'condition'> {
    if (!this.takeWord('if')) return { body: this.#body(into, self) }
    this.expectMark('(')
    this.skipNewlines()
    const condition = this.expression()
    this.skipNewlines()
    this.expectMark(')')
    this.skipNewlines()
    return { condition, body: this.#body(into, self) }
  }

  /** An object in which other resources may stand beside the properties. */
  #body(into: Declarations, self: Outer): ObjectExpression {
    const { line } = this.expectMark('{')
    const items = this.list('}', () => {
      const isResource = this.isWord('resource') && this.ahead(1).kind === 'word'
      if (!this.isMark('@') && !isResource) return [this.objectItem()]
      const decorators = this.decorators()
      const at = this.current.line
      this.expectWord('resource')
      this.#deployed(
        { line: at, decorators, name: this.name('the name of the resource') },
        'resource',
        into,
        self,
      )
      return []
    })
    return { kind: 'object', line, properties: items.flat() }
  }

  #import(line: number): Import {
    this.expectMark('{')
    const names = this.list('}', (): [string, string] => {
      const name = this.name('what is imported')
      return [this.takeWord('as') ? this.name('its name here') : name, name]
    })
    this.expectWord('from')
    return { line, source: this.plainString(), names: new Map(names) }
  }
}

/** `Microsoft.X/a@1` and, inside it, `b` or `b@2`, make `Microsoft.X/a/b@1` or `...@2`. */
function innerSource(outer: string, inner: string): string {
  const [type = '', version = ''] = outer.split('@')
  const [innerType = '', innerVersion = version] = inner.split('@')
  return `${type}/${innerType}@${innerVersion}`
}
