import { constantNames } from './constants.ts'
import { misplacedHelpers } from './order.ts'
import { renameConstants } from './rename.ts'
import { longFiles, longFunctions } from './sizes.ts'
import { openSourceTree } from './source-tree.ts'
import type { Finding, SourceTree } from './source-tree.ts'
import { reorderHelpers } from './reorder.ts'

/** Finds everything that breaks a rule in the project of a folder. */
export async function checkHouse(folder: string): Promise<Finding[]> {
  const source = openSourceTree(folder)
  try {
    return [
      ...(await longFiles(folder)),
      ...source.files.flatMap((file) => [
        ...longFunctions(file),
        ...constantNames(source, file),
        ...misplacedHelpers(file),
      ]),
    ]
  } finally {
    source.close()
  }
}

/**
 * Corrects what can be corrected automatically.
 * @param below folders of the project, such as `cli`; other files change only where they use names from these folders
 * @returns what could not be corrected, and why
 */
export function mendHouse(folder: string, below: readonly string[]): string[] {
  const isChosen = (path: string): boolean => below.some((place) => path.startsWith(`${place}/`))
  // One after the other, since the second step must read the files that the first step has written.
  inTree(folder, (source) => {
    reorderHelpers(source, folder, isChosen)
  })
  return inTree(folder, (source) => renameConstants(source, isChosen))
}

function inTree<T>(folder: string, work: (source: SourceTree) => T): T {
  const source = openSourceTree(folder)
  try {
    return work(source)
  } finally {
    source.close()
  }
}
