import { constantNames } from './constants.ts'
import { renameConstants } from './rename.ts'
import { longFiles, longFunctions } from './sizes.ts'
import { openSourceTree, type Finding } from './source-tree.ts'

/** What breaks a rule in the project of a folder. */
export async function checkHouse(folder: string): Promise<Finding[]> {
  const source = openSourceTree(folder)
  try {
    return [
      ...(await longFiles(folder)),
      ...source.files.flatMap((file) => [...longFunctions(file), ...constantNames(source, file)]),
    ]
  } finally {
    source.close()
  }
}

/**
 * Mends what can be mended without a person.
 * @param below folders of the project, such as `cli`; files elsewhere change only where they name something of these
 * @returns what was left, and why
 */
export function mendHouse(folder: string, below: readonly string[]): string[] {
  const source = openSourceTree(folder)
  try {
    return renameConstants(source, (path) => below.some((place) => path.startsWith(`${place}/`)))
  } finally {
    source.close()
  }
}
