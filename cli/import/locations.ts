import { createHash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'

/** Long enough never to meet another in one folder, short enough to be read. */
const hashCharacters = 12

/** A path that means the same file, whatever links lead to it; as it is where there is none. */
export function pathOf(file: string): string {
  try {
    return realpathSync(file)
  } catch {
    return resolve(file)
  }
}

/**
 * Where progress is kept: in the home, one file for each input and target. Not beside the input, which may stand in a
 * folder that nobody may write to, and is somebody's data.
 */
export function progressFileOf(home: string, file: string, target: string, tenant: string | null): string {
  const key = JSON.stringify([pathOf(file), target, tenant])
  const hash = createHash('sha256').update(key).digest('hex').slice(0, hashCharacters)
  return join(resolve(home), 'imports', `${basename(file)}.${hash}.progress.json`)
}

/** Beside the input; of standard input in the folder where the command runs. */
export function defaultRejectsFile(file: string): string {
  return file === '-' ? resolve('stdin.rejects.ndjson') : `${resolve(file)}.rejects.ndjson`
}
