import { createHash } from 'node:crypto'
import { glob, readFile } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'

/** A file that Bicep takes in when it compiles, with the part that it takes: `loadJsonContent('../sizes.json', 'dev')`. */
const LOADED = /\bload(?:Json|Yaml|Text)\w*\(\s*'([^']+)'(?:\s*,\s*'([^']+)')?/g

/** Something that snapshots are made from. */
export interface Source {
  /** Relative to the folder, with forward slashes. */
  readonly file: string
  /** Of a JSON file; '' is the whole. */
  readonly part: string
}

/**
 * One hash of everything that snapshots and digest are made from: the Bicep files, what they load, and the parameters.
 * A comment counts, too: it is cheaper to make them again than to find out what a change means.
 */
export async function hashOfSources(folder: string): Promise<string> {
  const hash = createHash('sha256')
  for (const { file, part } of await sourcesOf(folder)) {
    const text = await readFile(join(folder, file), 'utf8')
    const counted = file.endsWith('.json') ? countedOf(text, part) : textOfEveryMachine(text)
    hash.update(`${file}\0${part}\0${counted}\0`)
  }
  return hash.digest('hex')
}

export const hashOfText = (text: string): string =>
  createHash('sha256').update(textOfEveryMachine(text)).digest('hex')

export async function sourcesOf(folder: string): Promise<Source[]> {
  const found = new Map<string, Source>()
  const add = (path: string, part: string): void => {
    const file = path.replaceAll(sep, '/')
    found.set(`${file} ${part}`, { file, part })
  }
  for await (const file of glob('**/*.{bicep,bicepparam}', { cwd: folder })) {
    add(file, '')
    const text = await readFile(join(folder, file), 'utf8')
    for (const [, loaded = '', part = ''] of text.matchAll(LOADED))
      add(relative(folder, join(folder, dirname(file), loaded)), part)
  }
  const byName = [...found].toSorted(([one], [two]) => (one < two ? -1 : 1))
  return byName.map(([, source]) => source)
}

/**
 * The part of a JSON file that is loaded, without its form. A member with an empty text counts as not there, since the
 * template leaves it out: so a new context, whose settings have their defaults, makes no snapshot stale.
 */
function countedOf(text: string, part: string): string {
  let value: unknown = JSON.parse(text)
  for (const name of part.split('.').filter((one) => one !== '' && one !== '$'))
    value = (value as Readonly<Record<string, unknown>>)[name]
  return JSON.stringify(value, (_, member: unknown) => (member === '' ? undefined : member)) ?? ''
}

const textOfEveryMachine = (text: string): string => text.replaceAll('\r\n', '\n')
