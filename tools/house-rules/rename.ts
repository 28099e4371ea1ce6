import { readFileSync, writeFileSync } from 'node:fs'
import type { Node } from 'typescript/unstable/ast'
import * as is from 'typescript/unstable/ast/is'
import { SymbolFlags } from 'typescript/unstable/sync'
import { wrongNames } from './constants.ts'
import type { WrongName } from './constants.ts'
import type { SourceTree } from './source-tree.ts'

/** A range in a file, and the text that replaces it. */
interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/**
 * Renames the constants of some files, everywhere in the project.
 * @param isChosen whether the constants of a file (relative to the folder) are renamed
 * @returns names that were not changed, since the better name has another meaning where the constant is used
 */
export function renameConstants(source: SourceTree, isChosen: (path: string) => boolean): string[] {
  const edits = new Map<string, Edit[]>()
  const left: string[] = []
  for (const file of source.files.filter(({ path }) => isChosen(path))) {
    for (const wrong of wrongNames(source, file)) {
      const uses = usesOf(source, wrong)
      if (uses.some((use) => isTaken(source, wrong, use))) {
        left.push(`${file.path}: ${wrong.name}, since ${wrong.better} is taken where it is used`)
        continue
      }
      for (const use of uses) {
        const name = use.getSourceFile().fileName
        edits.set(name, [...(edits.get(name) ?? []), editOf(use, wrong)])
      }
    }
  }
  for (const [file, all] of edits) writeFileSync(file, edited(readFileSync(file, 'utf8'), all))
  return left
}

/** Every place that names the constant, including its declaration, imports and exports. */
function usesOf({ checker, project }: SourceTree, { declaration }: WrongName): Node[] {
  const { name } = declaration
  const entries = checker.getReferencedSymbolsForNode(name, name.getStart())
  const uses = entries.flatMap(({ references }) =>
    references.flatMap((found) => found.resolve(project) ?? []),
  )
  const places = new Map(uses.map((use) => [`${use.getSourceFile().fileName}:${use.end}`, use]))
  return [...places.values()].filter((use) => is.isIdentifier(use))
}

function isTaken({ checker }: SourceTree, { better }: WrongName, use: Node): boolean {
  const found = checker.resolveName(better, SymbolFlags.Value, use)
  return found !== undefined && found.declarations.length > 0
}

function editOf(use: Node, { name, better }: WrongName): Edit {
  const start = use.getStart()
  // `{ name }` is also the name of a member, which must not change.
  const text = is.isShorthandPropertyAssignment(use.parent) ? `${name}: ${better}` : better
  return { start, end: use.end, text }
}

function edited(text: string, edits: readonly Edit[]): string {
  let result = text
  for (const { start, end, text: replacement } of edits.toSorted((a, b) => b.start - a.start))
    result = result.slice(0, start) + replacement + result.slice(end)
  return result
}
