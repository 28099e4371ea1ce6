import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** The folder of the whole project; everything that is started is found from here. */
export const projectFolder = resolve(import.meta.dirname, '..', '..')

/** Where the local run keeps everything, unless --home says otherwise. */
export const defaultHome = join(projectFolder, '.trickle')

const manifest: unknown = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8'))

/** The version of Trickle that this checkout is. */
export const version =
  typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown'

/** The tenant that everybody starts with. */
export const FIRST_TENANT = 'acme'

/**
 * Compiled code of all our programs, kept from start to start: it halves the start of large programs. Beside the
 * packages, since it is worth as much as they are; where that cannot be written, Node does without.
 */
export const compileCache = join(projectFolder, 'node_modules', '.cache', 'trickle-compiled')
