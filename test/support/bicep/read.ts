import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseBicep } from './parse-file.ts'
import type { BicepFile } from './syntax.ts'

const files = new Map<string, BicepFile>()

/** Reads a Bicep file. Each file is parsed only once. */
export function readBicep(path: string): BicepFile {
  const file = files.get(path) ?? parseBicep(path, readFileSync(path, 'utf8'))
  files.set(path, file)
  return file
}

/** The file that an imported name comes from, and its name in that file. */
export function importedFrom(file: BicepFile, name: string): { file: BicepFile; name: string } | undefined {
  const source = file.imports.find(({ names }) => names.has(name))
  if (source === undefined) return undefined
  return { file: readBicep(join(dirname(file.path), source.source)), name: source.names.get(name) ?? name }
}
