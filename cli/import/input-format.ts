import { UsageError } from '../frame/index.ts'

export interface InputFormat {
  readonly kind: 'csv' | 'ndjson'
  /** Of CSV: one character. */
  readonly delimiter: string
}

const kindOfExtension: Readonly<Record<string, InputFormat>> = {
  ndjson: { kind: 'ndjson', delimiter: '' },
  jsonl: { kind: 'ndjson', delimiter: '' },
  csv: { kind: 'csv', delimiter: ',' },
  tsv: { kind: 'csv', delimiter: '\t' },
}

/** What people write for a tab where a shell makes it hard to type one. */
const tabNames = ['tab', String.raw`\t`]

function delimiterOf(text: string): string {
  if (tabNames.includes(text)) return '\t'
  if (text.length === 1 && !/["\r\n]/u.test(text)) return text
  throw new UsageError(`--delimiter takes one character (or "tab"), not "${text}".`)
}

/**
 * The format of a file: by option, or by the name (.ndjson, .jsonl, .csv, .tsv, each with .gz or without).
 * @param file `-` is standard input, which is NDJSON unless said otherwise
 * @throws UsageError when it can't be told
 */
export function formatOf(
  file: string,
  options: { format?: string | undefined; delimiter?: string | undefined },
): InputFormat {
  const extension = /\.([^./\\]+)$/u.exec(file.toLowerCase().replace(/\.gz$/u, ''))?.[1]
  const name = options.format ?? (file === '-' ? 'ndjson' : extension)
  const format = name === undefined ? undefined : kindOfExtension[name]
  if (!format) {
    throw new UsageError(
      options.format === undefined
        ? `The format of "${file}" can't be told from its name: say --format ndjson or --format csv.`
        : `--format takes ndjson or csv, not "${options.format}".`,
    )
  }
  if (options.delimiter === undefined) return format
  if (format.kind !== 'csv') throw new UsageError('--delimiter is for CSV.')
  return { ...format, delimiter: delimiterOf(options.delimiter) }
}
