import { readFunctions } from './function-files.ts'
import { readMigrations } from './migration-files.ts'
import { owners } from './owners.ts'

/** What a database must have had for the code of this checkout: names, each with the checksum of its file. */
export interface DatabaseManifest {
  readonly migrations: Readonly<Record<string, string>>
  readonly functions: Readonly<Record<string, string>>
}

/** The manifest of this checkout. The deployed package carries it, since it has no SQL files. */
export async function makeManifest(all = owners()): Promise<DatabaseManifest> {
  const [migrations, functions] = await Promise.all([readMigrations(all), readFunctions(all)])
  const checksums = (files: readonly { name: string; checksum: string }[]) =>
    Object.fromEntries(files.map(({ name, checksum }) => [name, checksum]))
  return { migrations: checksums(migrations), functions: checksums(functions) }
}
