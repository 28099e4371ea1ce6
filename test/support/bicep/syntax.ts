/** The syntax tree of a Bicep file, as far as the tests read it. Every node knows its line. */

interface Node {
  readonly line: number
}

export interface Literal extends Node {
  readonly kind: 'literal'
  readonly value: string | number | boolean | null
}
export interface Interpolation extends Node {
  readonly kind: 'interpolation'
  readonly parts: readonly (string | Expression)[]
}
export interface Name extends Node {
  readonly kind: 'name'
  readonly name: string
}
/** `...list` in an array, `...object` in an object. */
export interface Spread extends Node {
  readonly kind: 'spread'
  readonly value: Expression
}
export interface ArrayExpression extends Node {
  readonly kind: 'array'
  readonly items: readonly (Expression | Spread)[]
}
export interface Property extends Node {
  readonly kind: 'property'
  /** An interpolated key is an expression. */
  readonly key: Expression
  readonly value: Expression
}
export interface ObjectExpression extends Node {
  readonly kind: 'object'
  readonly properties: readonly (Property | Spread)[]
}
export interface Call extends Node {
  readonly kind: 'call'
  /** What stands before the dot: `namespace.call()`, `resource.listKeys()`. */
  readonly base?: Expression
  readonly name: string
  readonly arguments: readonly Expression[]
}
export interface Member extends Node {
  readonly kind: 'member'
  readonly base: Expression
  readonly name: string
  readonly isSafe: boolean
}
export interface Index extends Node {
  readonly kind: 'index'
  readonly base: Expression
  readonly index: Expression
  readonly isSafe: boolean
}
/** `value!`: the author states that the value is not null. */
export interface NotNull extends Node {
  readonly kind: 'not-null'
  readonly value: Expression
}
export interface Unary extends Node {
  readonly kind: 'unary'
  readonly operator: string
  readonly operand: Expression
}
export interface Binary extends Node {
  readonly kind: 'binary'
  readonly operator: string
  readonly left: Expression
  readonly right: Expression
}
export interface Conditional extends Node {
  readonly kind: 'conditional'
  readonly condition: Expression
  readonly whenTrue: Expression
  readonly whenFalse: Expression
}
export interface Lambda extends Node {
  readonly kind: 'lambda'
  readonly parameters: readonly string[]
  readonly body: Expression
}
export interface Loop extends Node {
  readonly kind: 'loop'
  readonly item: string
  readonly index?: string
  readonly list: Expression
  readonly body: Expression
}

export type Expression =
  | Literal
  | Interpolation
  | Name
  | ArrayExpression
  | ObjectExpression
  | Call
  | Member
  | Index
  | NotNull
  | Unary
  | Binary
  | Conditional
  | Lambda
  | Loop

export type Type =
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  | { readonly kind: 'list'; readonly of: Type }
  | { readonly kind: 'tuple'; readonly items: readonly Type[] }
  | { readonly kind: 'optional'; readonly of: Type }
  | { readonly kind: 'union'; readonly of: readonly Type[] }
  | { readonly kind: 'object'; readonly properties: ReadonlyMap<string, Type> }

/** `@name(arguments)` above a declaration. */
export interface Decorator extends Node {
  readonly name: string
  readonly arguments: readonly Expression[]
}

export interface Declaration extends Node {
  readonly name: string
  readonly decorators: readonly Decorator[]
}
export interface Parameter extends Declaration {
  readonly type: Type
  readonly initial?: Expression
}
export interface Variable extends Declaration {
  readonly value: Expression
}
export interface Output extends Declaration {
  readonly type: Type
  readonly value: Expression
}
export interface TypeDeclaration extends Declaration {
  readonly type: Type
}
export interface UserFunction extends Declaration {
  readonly lambda: Lambda
}
/** A resource or a module: what it is deployed from, under which condition, how often. */
export interface Deployed extends Declaration {
  readonly kind: 'resource' | 'module'
  /** For a resource `Microsoft.X/y@version`, always with the whole type. For a module its file. */
  readonly source: string
  /** The resource inside whose body it is written. */
  readonly inside?: string
  readonly isExisting: boolean
  readonly condition?: Expression
  readonly loop?: { readonly item: string; readonly index?: string; readonly list: Expression }
  readonly body: ObjectExpression
}
/** `import { a, b as c } from 'file'` */
export interface Import extends Node {
  readonly source: string
  readonly names: ReadonlyMap<string, string>
}

export interface BicepFile {
  readonly path: string
  readonly targetScope: string
  readonly parameters: ReadonlyMap<string, Parameter>
  readonly variables: ReadonlyMap<string, Variable>
  readonly outputs: ReadonlyMap<string, Output>
  readonly types: ReadonlyMap<string, TypeDeclaration>
  readonly functions: ReadonlyMap<string, UserFunction>
  /** Resources and modules in the order in which they are written; one inside another is called `outer::inner`. */
  readonly deployed: ReadonlyMap<string, Deployed>
  readonly imports: readonly Import[]
}
