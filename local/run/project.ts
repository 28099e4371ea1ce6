import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** The folder of the whole project. The paths of all started programs are relative to it. */
export const projectFolder = resolve(import.meta.dirname, '..', '..')

/** Where the local run keeps everything, unless --home says otherwise. */
export const defaultHome = join(projectFolder, '.trickle')

const manifest: unknown = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8'))

/** The version of Trickle that this checkout is. */
export const version =
  typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown'

/** The tenant that the local run makes at its start. */
export const FIRST_TENANT = 'acme'

/**
 * Node's cache of compiled code for all our programs. It halves the start time of large programs. It is in
 * node_modules, so that it goes together with the packages. If it cannot be written, Node works without the cache.
 */
export const compileCache = join(projectFolder, 'node_modules', '.cache', 'trickle-compiled')
