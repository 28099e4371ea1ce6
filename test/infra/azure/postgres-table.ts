import { readFile } from 'node:fs/promises'

/** Rows of a Markdown table by their first cell, each a map from the head of a column to its text. */
export type Table = ReadonlyMap<string, Readonly<Record<string, string>>>

const repository = new URL('../../../', import.meta.url)

export async function readText(path: string): Promise<string> {
  return readFile(new URL(path, repository), 'utf8')
}

/** The first table below a heading of the second level. First cells lose their backticks. */
export function tableUnder(markdown: string, heading: string): Table {
  const section = markdown.split(/^## /m).find((part) => part.startsWith(`${heading}\n`))
  if (section === undefined) throw new Error(`no section "${heading}"`)
  const rows = section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )
  const [head = [], , ...body] = rows
  return new Map(
    body.map((cells) => [
      (cells[0] ?? '').replaceAll('`', ''),
      Object.fromEntries(head.map((name, column) => [name, cells[column] ?? ''])),
    ]),
  )
}

/** One column of a table, without the rows where nothing is set ("–"). */
export function columnOf(table: Table, column: string): Record<string, string> {
  return Object.fromEntries(
    [...table].flatMap(([name, row]) => {
      const value = row[column]
      if (value === undefined) throw new Error(`no column "${column}"`)
      return value === '–' ? [] : [[name, value]]
    }),
  )
}
