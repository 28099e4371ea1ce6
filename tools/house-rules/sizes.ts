import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CallExpression, Node } from 'typescript/unstable/ast'
import { SyntaxKind } from 'typescript/unstable/ast'
import * as is from 'typescript/unstable/ast/is'
import { lineOf } from './source-tree.ts'
import type { Finding, ParsedFile } from './source-tree.ts'

/** A longer file holds more than one concept. */
const FILE_LINES_MAX = 300

/** A longer function does not fit on a screen. */
const FUNCTION_LINES_MAX = 60

/** The source files. Documents, snapshots and generated files may be longer. */
const SOURCES =
  '{functions,shared,database,packages,local,cli,test,bench,soak,attack,tools,examples,infra}/**/*.{ts,mts,mjs,sql}'
const GENERATED = new Set(['database/schema.sql'])

/** Source files of a folder that are too long. */
export async function longFiles(folder: string): Promise<Finding[]> {
  const found: Finding[] = []
  for await (const path of glob(SOURCES, { cwd: folder, exclude: ['**/node_modules'] })) {
    const file = path.replaceAll('\\', '/')
    if (GENERATED.has(file)) continue
    const lines = (await readFile(join(folder, path), 'utf8')).trimEnd().split('\n').length
    if (lines <= FILE_LINES_MAX) continue
    found.push({ file, line: 1, message: `the file has ${lines} lines; ${FILE_LINES_MAX} are the most` })
  }
  return found
}

/** Functions of a file that are too long. A function that registers tests may be longer, since it is only a list. */
export function longFunctions({ path, tree }: ParsedFile): Finding[] {
  const found: Finding[] = []
  const visit = (node: Node): void => {
    if (FUNCTIONS.has(node.kind) && !isListOfTests(node)) {
      const start = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line
      const lines = tree.getLineAndCharacterOfPosition(node.end).line - start + 1
      if (lines > FUNCTION_LINES_MAX) {
        const message = `the function has ${lines} lines; ${FUNCTION_LINES_MAX} are the most`
        found.push({ file: path, line: lineOf(tree, node), message })
      }
    }
    node.forEachChild(visit)
  }
  visit(tree)
  return found
}

const FUNCTIONS = new Set<SyntaxKind>([
  SyntaxKind.FunctionDeclaration,
  SyntaxKind.FunctionExpression,
  SyntaxKind.ArrowFunction,
  SyntaxKind.MethodDeclaration,
  SyntaxKind.Constructor,
  SyntaxKind.GetAccessor,
  SyntaxKind.SetAccessor,
])

const REGISTERS_TESTS = new Set(['describe', 'it', 'test'])

/** True for the callback of a describe, and for a function whose direct statements are tests. */
function isListOfTests(node: Node): boolean {
  const { parent } = node
  if (is.isCallExpression(parent) && rootName(parent) === 'describe') return true
  const body = 'body' in node ? (node.body as Node | undefined) : undefined
  return (
    body !== undefined &&
    is.isBlock(body) &&
    body.statements.some(
      (statement) =>
        is.isExpressionStatement(statement) &&
        is.isCallExpression(statement.expression) &&
        REGISTERS_TESTS.has(rootName(statement.expression)),
    )
  )
}

/** The first name of a call: `describe` in `describe(...)` and in `describe.each(...)(...)`. */
function rootName(call: CallExpression): string {
  let node: Node = call
  for (;;) {
    if (is.isIdentifier(node)) return node.text
    if (is.isCallExpression(node) || is.isPropertyAccessExpression(node)) node = node.expression
    else if (is.isTaggedTemplateExpression(node)) node = node.tag
    else return ''
  }
}
