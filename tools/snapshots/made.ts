import { glob, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { hashOfSources, hashOfText } from './sources.ts'

/** What infra/snapshots/made-from.json says of the files beside it. */
const madeSchema = z.strictObject({
  /** Version of the CLI that has made them. */
  bicep: z.string(),
  /** Of everything they were made from. */
  sources: z.string(),
  /** Of each made file, so that none is changed by hand. */
  files: z.record(z.string(), z.string()),
})
export type Made = z.output<typeof madeSchema>

export const MADE_FILE = 'made-from.json'
export const TEMPLATE_FILE = 'template.json'
export const PARAMETERS_FILE = 'parameters.json'

export const snapshotFileOf = (name: string): string => `${name}.snapshot.json`

/** Names of the parameter files in infra/snapshots. */
export async function shapesOf(folder: string): Promise<string[]> {
  const names: string[] = []
  for await (const file of glob('*.bicepparam', { cwd: join(folder, 'snapshots') }))
    names.push(basename(file, '.bicepparam'))
  return names.toSorted()
}

/**
 * What is wrong with the snapshots of a folder with Bicep files; empty where they are of what the folder holds now. It
 * needs no CLI, so it is asked on every machine.
 */
export async function staleness(folder: string): Promise<string[]> {
  const made = await readMade(folder)
  if (made === undefined) return [`there is no ${MADE_FILE}`]
  const wanted = [...(await shapesOf(folder)).map(snapshotFileOf), PARAMETERS_FILE, TEMPLATE_FILE]
  const problems = made.sources === (await hashOfSources(folder)) ? [] : ['made from other files']
  const known = Object.keys(made.files)
  for (const file of known.filter((name) => !wanted.includes(name)))
    problems.push(`${file}: its parameters are gone`)
  for (const file of wanted) {
    const text = await readFile(join(folder, 'snapshots', file), 'utf8').catch(() => undefined)
    if (text === undefined) problems.push(`${file}: not made`)
    else if (made.files[file] !== hashOfText(text)) problems.push(`${file}: changed by hand`)
  }
  return problems
}

/** Version of the CLI that has made the snapshots of a folder; undefined where there are none. */
export const compilerOf = async (folder: string): Promise<string | undefined> =>
  (await readMade(folder))?.bicep

async function readMade(folder: string): Promise<Made | undefined> {
  const text = await readFile(join(folder, 'snapshots', MADE_FILE), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : madeSchema.parse(JSON.parse(text))
}
