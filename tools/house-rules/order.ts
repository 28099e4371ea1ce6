import type { Node, Statement } from 'typescript/unstable/ast'
import { SyntaxKind } from 'typescript/unstable/ast'
import * as is from 'typescript/unstable/ast/is'
import { lineOf } from './source-tree.ts'
import type { Finding, ParsedFile } from './source-tree.ts'

/** A statement of a module, with the name that it declares and the names that it uses. */
export interface Part {
  readonly statement: Statement
  /** Null for a statement that declares nothing, such as an import. */
  readonly name: string | null
  readonly isHelper: boolean
  readonly isType: boolean
  /** The names that it uses, each with the place of its first use. */
  readonly uses: ReadonlyMap<string, number>
}

/** Functions of a file that stand above their callers: a reader would see details before knowing their purpose. */
export function misplacedHelpers({ path, tree }: ParsedFile): Finding[] {
  const parts = partsOf({ path, tree })
  return misplaced(parts).map(({ statement, name }) => ({
    file: path,
    line: lineOf(tree, statement),
    message: `${name ?? ''} stands above what calls it: put it below`,
  }))
}

export const partsOf = ({ tree }: ParsedFile): Part[] =>
  tree.statements.map((statement) => {
    const name = nameOf(statement)
    return {
      statement,
      name,
      isHelper: name !== null && isFunction(statement) && !isExported(statement),
      isType: is.isInterfaceDeclaration(statement) || is.isTypeAliasDeclaration(statement),
      uses: usesOf(statement),
    }
  })

export function misplaced(parts: readonly Part[]): Part[] {
  const pinned = reachedFrom(parts, parts.filter(isEvaluated))
  return parts.filter((part, index) => {
    if (!part.isHelper || part.name === null || pinned.has(part.name)) return false
    const caller = firstCaller(parts, part)
    return caller !== undefined && parts.indexOf(caller) > index
  })
}

/** The first statement that uses a helper. If functions call each other, one that is not called by the helper. */
export function firstCaller(parts: readonly Part[], helper: Part): Part | undefined {
  const called = reachedFrom(parts, [helper])
  const callers = parts.filter((part) => part !== helper && part.uses.has(helper.name ?? ''))
  return callers.find(({ name }) => !called.has(name ?? '')) ?? callers[0]
}

/** Statements that run while the module is loaded. Functions that they use stay, since their place may matter. */
const isEvaluated = ({ statement, isType }: Part): boolean =>
  !isFunction(statement) && !isType && !is.isClassDeclaration(statement)

/** The names that some statements use, directly or through other statements. */
function reachedFrom(parts: readonly Part[], starts: readonly Part[]): Set<string> {
  const names = new Set<string>()
  const byName = new Map(parts.map((part) => [part.name, part]))
  const add = ({ uses }: Part): void => {
    for (const name of uses.keys()) {
      const used = byName.get(name)
      if (names.has(name) || used === undefined) continue
      names.add(name)
      add(used)
    }
  }
  for (const start of starts) add(start)
  return names
}

function nameOf(statement: Statement): string | null {
  if (is.isVariableStatement(statement)) {
    const [declaration, ...others] = statement.declarationList.declarations
    const isOne = declaration !== undefined && others.length === 0 && is.isIdentifier(declaration.name)
    return isOne ? declaration.name.getText() : null
  }
  const isNamed =
    is.isFunctionDeclaration(statement) ||
    is.isClassDeclaration(statement) ||
    is.isInterfaceDeclaration(statement) ||
    is.isTypeAliasDeclaration(statement)
  return isNamed ? (statement.name?.getText() ?? null) : null
}

function isFunction(statement: Statement): boolean {
  if (is.isFunctionDeclaration(statement)) return true
  if (!is.isVariableStatement(statement)) return false
  const initializer = statement.declarationList.declarations[0]?.initializer
  return (
    initializer !== undefined && (is.isArrowFunction(initializer) || is.isFunctionExpression(initializer))
  )
}

const isExported = (statement: Statement): boolean =>
  'modifiers' in statement &&
  ((statement.modifiers as readonly Node[] | undefined) ?? []).some(
    ({ kind }) => kind === SyntaxKind.ExportKeyword,
  )

function usesOf(statement: Statement): Map<string, number> {
  const uses = new Map<string, number>()
  const visit = (node: Node): void => {
    if (is.isIdentifier(node) && !isNameOfItsParent(node) && !uses.has(node.text))
      uses.set(node.text, node.pos)
    node.forEachChild(visit)
  }
  visit(statement)
  return uses
}

/** True for the name in a declaration, and for members of objects: these are not uses. */
const isNameOfItsParent = (node: Node): boolean =>
  'name' in node.parent && node.parent.name === node && !is.isShorthandPropertyAssignment(node.parent)
