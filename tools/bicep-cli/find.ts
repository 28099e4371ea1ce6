import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** What is said where there is no CLI. */
export const HOW_TO_GET = [
  'Nothing here can read Bicep: there is no `bicep` on the path.',
  'Get the Bicep CLI: `brew install azure/bicep/bicep`, `winget install Microsoft.Bicep`,',
  'or one file from https://github.com/Azure/bicep/releases, put on the path as `bicep`; with .NET, as CONTRIBUTING.md says.',
  '`az bicep install` brings one for `npm run check:bicep` only.',
  'Where nothing can be installed, push the branch: the workflow .github/workflows/ci.yml checks the same files.',
]

/** The file of a program; undefined where it is not there. `path` has the form of the variable PATH. */
export function findProgram(path: string, name: string): string | undefined {
  const endings = process.platform === 'win32' ? ['.exe', '.cmd'] : ['']
  return path
    .split(delimiter)
    .filter((folder) => folder !== '')
    .flatMap((folder) => endings.map((ending) => join(folder, name + ending)))
    .find((file) => existsSync(file))
}

/** The Bicep CLI itself. `az bicep` does not serve here: it has neither snapshots nor sessions. */
export const findBicep = (path: string): string | undefined => findProgram(path, 'bicep')
