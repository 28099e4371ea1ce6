import { CommandFailure } from '../frame/index.ts'

/** Separators in files that are called .csv. The last two also occur in names of columns. */
const USUAL_SEPARATORS = [';', '\t', ',', '|']
const ONLY_IN_ONE_COLUMN = [',', '|']

/** So much of a header is shown in a message. It is enough to see what was read. */
const SHOWN_CHARACTERS = 200

/**
 * Advice if a header looks as if another character separated its columns; undefined if it does not.
 * @param names of the columns as they were read
 */
export function separatorHint(names: readonly string[]): string | undefined {
  const found = USUAL_SEPARATORS.find((separator) =>
    ONLY_IN_ONE_COLUMN.includes(separator)
      ? names.length === 1 && names[0]?.includes(separator)
      : names.some((name) => name.includes(separator)),
  )
  if (found === undefined) return undefined
  return found === '\t'
    ? 'If tabs separate its columns, say: --delimiter tab'
    : `If ${found} separates its columns, say: --delimiter "${found}"`
}

/** The header as it was read. */
export function headerText(names: readonly string[]): string {
  const text = names.map((name) => JSON.stringify(name)).join(', ')
  const columns = names.length === 1 ? '1 column' : `${names.length} columns`
  return `${columns}: ${text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text}`
}

/** Names of the columns. @throws CommandFailure CSV_HEADER */
export function checkHeader(names: readonly string[], line: number): readonly string[] {
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice === undefined) return names
  throw new CommandFailure('CSV_HEADER', `Line ${line} is the header, and names the column "${twice}" twice.`)
}

/** Excel's own first line, which names the separator: `sep=;`. */
const SEPARATOR_LINE = /^\uFEFF?("?)sep=([^"\r\n])\1(\r\n|\n|\r|$)/iu

/** The separator that a file names in its first line, and the bytes of that line; undefined where it names none. */
export function namedSeparator(text: Buffer): { delimiter: string; bytes: number } | undefined {
  const [line, , delimiter] = SEPARATOR_LINE.exec(text.toString('utf8', 0, LONGEST_SEPARATOR_LINE)) ?? []
  if (line === undefined || delimiter === undefined) return undefined
  return { delimiter, bytes: Buffer.byteLength(line) }
}

/** The longest such line has 16 bytes: byte order mark, quotes, a character of four bytes, line break. */
const LONGEST_SEPARATOR_LINE = 32

/** Columns that become members of the event itself. All others become members of its data. */
const EVENT_COLUMNS = [
  'tenant',
  'streamId',
  'streamType',
  'id',
  'source',
  'type',
  'time',
  'correlationId',
  'causationId',
]

const REQUIRED_COLUMNS = ['streamId', 'id', 'type']

/**
 * Makes an event of a CSV row without a mapping. Columns that are named like members of an event become these members.
 * The others go into `data` as strings, so that no number loses a digit. An empty cell of an event's own member counts
 * as absent.
 * @throws CommandFailure CSV_COLUMNS when a needed column is missing, so that no row of the file can be imported
 */
export function plainCsvEvent(fields: Readonly<Record<string, string>>): Record<string, unknown> {
  const missing = REQUIRED_COLUMNS.filter((name) => !Object.hasOwn(fields, name))
  if (missing.length > 0) {
    const names = Object.keys(fields)
    const mend = separatorHint(names) ?? 'For another CSV see examples/generic-csv.mjs.'
    throw new CommandFailure(
      'CSV_COLUMNS',
      `Without --map a CSV needs the columns streamId, id and type; ${missing.join(', ')} is missing. Its header has ${headerText(names)}. ${mend}`,
    )
  }
  const cells = Object.entries(fields)
  const isOwn = (name: string): boolean => EVENT_COLUMNS.includes(name)
  return {
    ...Object.fromEntries(cells.filter(([name, value]) => isOwn(name) && value !== '')),
    data: Object.fromEntries(cells.filter(([name]) => !isOwn(name))),
  }
}
