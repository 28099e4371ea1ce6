import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { z } from 'zod'
import { fileFailure } from '../failure/index.ts'

/** Writes a file that only its owner may read. A kill leaves the old file or the new one, never a half-written one. */
export function writePrivateJson(file: string, value: unknown): void {
  const unfinished = `${file}.${process.pid}`
  try {
    writeFileSync(unfinished, `${JSON.stringify(value, undefined, 2)}\n`, { mode: 0o600 })
    renameSync(unfinished, file)
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw fileFailure(error, file) ?? error
  }
}

/** Reads a JSON file; undefined when it is missing or does not fit the schema (an older version tore its writes). */
export function readJson<T>(file: string, schema: z.ZodType<T>): T | undefined {
  if (!existsSync(file)) return undefined
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw fileFailure(error, file) ?? error
  }
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}
