import { fileURLToPath } from 'node:url'
import type { Node, SourceFile } from 'typescript/unstable/ast'
import { API } from 'typescript/unstable/sync'
import type { Checker, Project } from 'typescript/unstable/sync'

/** Something that breaks a rule, and where. */
export interface Finding {
  /** Relative to the folder that was checked, with forward slashes. */
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly message: string
}

export interface ParsedFile {
  /** Relative to the folder, with forward slashes. */
  readonly path: string
  readonly tree: SourceFile
}

/** Every file of a TypeScript project, parsed, with what the compiler knows of its names. */
export interface SourceTree {
  readonly files: readonly ParsedFile[]
  readonly checker: Checker
  readonly project: Project
  /** Ends the compiler's process. */
  readonly close: () => void
}

/**
 * Reads the project of a folder (its tsconfig.json) with TypeScript's own parser. This API is marked unstable, so
 * package.json names an exact version, and the tests of these rules try each new version.
 */
export function openSourceTree(place: string): SourceTree {
  // The compiler names files with forward slashes, on Windows too.
  const folder = place.replaceAll('\\', '/')
  const api = new API({ cwd: folder })
  const config = `${folder}/tsconfig.json`
  const project = api.updateSnapshot({ openProjects: [config] }).getProject(config)
  if (project === undefined) throw new Error(`There is no project in ${folder}.`)
  const { program, checker } = project
  const files = program
    .getSourceFileNames()
    .filter((name) => name.startsWith(`${folder}/`) && !name.includes('/node_modules/'))
    .flatMap((name) => {
      const tree = program.getSourceFile(name)
      return tree === undefined ? [] : [{ path: name.slice(folder.length + 1), tree }]
    })
  return { files, checker, project, close: () => api.close() }
}

export const lineOf = (tree: SourceFile, node: Node): number =>
  tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1

/** The folder of this repository. */
export const repository = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
