import type {
  CallExpression,
  Expression,
  NewExpression,
  Node,
  VariableDeclaration,
} from 'typescript/unstable/ast'
import { SyntaxKind } from 'typescript/unstable/ast'
import * as is from 'typescript/unstable/ast/is'
import { SymbolFlags, TypeFlags } from 'typescript/unstable/sync'
import type { Checker } from 'typescript/unstable/sync'
import { lineOf } from './source-tree.ts'
import type { Finding, ParsedFile, SourceTree } from './source-tree.ts'

/** A constant of a module whose name breaks a rule. */
export interface WrongName {
  readonly declaration: VariableDeclaration
  readonly name: string
  readonly better: string
  readonly reason: string
}

/** The constants of a file whose names break a rule. */
export function constantNames(source: SourceTree, file: ParsedFile): Finding[] {
  return wrongNames(source, file).map(({ declaration, name, better, reason }) => ({
    file: file.path,
    line: lineOf(file.tree, declaration),
    message: `${name} ${reason}: call it ${better}`,
  }))
}

const SCREAMING = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/

export function wrongNames({ checker }: SourceTree, { tree }: ParsedFile): WrongName[] {
  const found: WrongName[] = []
  for (const statement of tree.statements) {
    if (!is.isVariableStatement(statement)) continue
    const isConst = statement.declarationList.getText(tree).startsWith('const')
    for (const declaration of isConst ? statement.declarationList.declarations : []) {
      const { name, initializer } = declaration
      if (!is.isIdentifier(name) || initializer === undefined) continue
      const wrong = judge(name.text, isFixedValue(initializer, checker))
      if (wrong !== undefined) found.push({ declaration, name: name.text, ...wrong })
    }
  }
  return found
}

function judge(name: string, isFixed: boolean): Pick<WrongName, 'better' | 'reason'> | undefined {
  if (!isFixed)
    return SCREAMING.test(name) && name.length > 1
      ? { better: camelCase(name), reason: 'is not a fixed value of its own' }
      : undefined
  if (!SCREAMING.test(name)) return { better: ordered(screamingCase(name)), reason: 'is a fixed value' }
  const better = ordered(name)
  return better === name ? undefined : { better, reason: 'has its bound or its unit in the middle' }
}

/** True for a primitive, bytes, a regular expression, or a list or set of them, or an expression of fixed values. */
function isFixedValue(expression: Expression, checker: Checker): boolean {
  const node = unwrapped(expression)
  if (is.isArrayLiteralExpression(node)) return isFixedList(node.elements, checker)
  if (is.isNewExpression(node))
    return FIXED_CLASSES.has(node.expression.getText()) && hasFixedArguments(node, checker)
  if (is.isCallExpression(node)) return isFixedCall(node, checker)
  return isFixedPrimitive(node, checker)
}

const FIXED_CLASSES = new Set(['Set', 'RegExp'])

/**
 * Functions that return a fixed value for fixed arguments, as in `Date.parse('...')` or `Buffer.from('...')`.
 */
const PURE = /^(?:Date\.(?:UTC|parse)|Math\.\w+|BigInt|Number|String|Buffer\.(?:from|of|byteLength))$/

function isFixedCall(node: CallExpression, checker: Checker): boolean {
  if (!hasFixedArguments(node, checker)) return false
  const callee = node.expression
  if (PURE.test(callee.getText())) return true
  return is.isPropertyAccessExpression(callee) && isFixedValue(callee.expression, checker)
}

const hasFixedArguments = (node: CallExpression | NewExpression, checker: Checker): boolean =>
  (node.arguments ?? []).length > 0 &&
  (node.arguments ?? []).every((argument) => isFixedValue(argument, checker))

const isFixedList = (elements: readonly Expression[], checker: Checker): boolean =>
  elements.length > 0 &&
  elements.every((element) =>
    isFixedValue(is.isSpreadElement(element) ? element.expression : element, checker),
  )

const LITERALS = new Set<SyntaxKind>([
  SyntaxKind.NumericLiteral,
  SyntaxKind.StringLiteral,
  SyntaxKind.BigIntLiteral,
  SyntaxKind.NoSubstitutionTemplateLiteral,
  SyntaxKind.RegularExpressionLiteral,
  SyntaxKind.TrueKeyword,
  SyntaxKind.FalseKeyword,
])

function isFixedPrimitive(node: Expression, checker: Checker): boolean {
  if (LITERALS.has(node.kind)) return true
  if (is.isPrefixUnaryExpression(node)) return isFixedValue(node.operand, checker)
  if (is.isBinaryExpression(node)) return [node.left, node.right].every((side) => isFixedValue(side, checker))
  if (is.isTemplateExpression(node))
    return node.templateSpans.every((span) => isFixedValue(span.expression, checker))
  if (is.isTaggedTemplateExpression(node)) return node.tag.getText() === 'String.raw'
  if (is.isIdentifier(node)) return isFixedConstant(node, checker)
  if (is.isPropertyAccessExpression(node)) return isFixedMember(node, checker)
  return false
}

const PRIMITIVE = TypeFlags.StringLike | TypeFlags.NumberLike | TypeFlags.BigIntLike | TypeFlags.BooleanLike

/** A member of an object of limits, such as `eventLimits.pageEventsMax`. Members of `process` are not fixed. */
function isFixedMember(node: Expression, checker: Checker): boolean {
  let root: Node = node
  while (is.isPropertyAccessExpression(root)) root = root.expression
  if (!is.isIdentifier(root) || root.text === 'process') return false
  return ((checker.getTypeAtLocation(node)?.flags ?? 0) & PRIMITIVE) !== 0
}

/** Another fixed constant, of this module or of another one. */
function isFixedConstant(node: Node, checker: Checker): boolean {
  const symbol = checker.getSymbolAtLocation(node)
  if (symbol === undefined) return false
  const target = (symbol.flags & SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol)
  const declaration = target.valueDeclaration?.resolve()
  return (
    declaration !== undefined &&
    is.isVariableDeclaration(declaration) &&
    is.isVariableStatement(declaration.parent.parent) &&
    declaration.initializer !== undefined &&
    isFixedValue(declaration.initializer, checker)
  )
}

function unwrapped(node: Expression): Expression {
  const isWrapper =
    is.isAsExpression(node) || is.isSatisfiesExpression(node) || is.isParenthesizedExpression(node)
  return isWrapper ? unwrapped(node.expression) : node
}

/** lineBytesMax and LineBytesMax become LINE_BYTES_MAX. */
const screamingCase = (name: string): string =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toUpperCase()

const camelCase = (name: string): string =>
  name.toLowerCase().replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

const BOUNDS = new Set(['MAX', 'MIN'])
const TIME_UNITS = new Set(['MS', 'SECONDS', 'MINUTES', 'HOURS', 'DAYS'])

/** Puts MAX or MIN after what it limits, and a unit of time at the end: WAIT_MAX_MS, PAGE_EVENTS_MAX. */
function ordered(name: string): string {
  const words = name.split('_')
  // A rate such as MS_PER_DAY has two units, and DAYS_OF_MONTH is not a time.
  if (words.includes('PER') || words.includes('OF')) return name
  const bound = words.find((word) => BOUNDS.has(word))
  const unit = words.filter((word) => TIME_UNITS.has(word)).at(-1)
  const rest = words.filter((word) => word !== bound && word !== unit)
  return [...rest, ...(bound === undefined ? [] : [bound]), ...(unit === undefined ? [] : [unit])].join('_')
}
