import type { PartFinding } from './run-parts.ts'

const titles = { part: 'part', attack: 'attack', bar: 'bar', seen: 'seen', holds: 'holds' } as const
type Column = keyof typeof titles
const COLUMNS: readonly Column[] = ['part', 'attack', 'bar', 'seen', 'holds']

/** A table in Markdown. No text is shortened, since a bar that can't be read whole can't be judged. */
export function renderFindings(findings: readonly PartFinding[]): string {
  const rows = [
    titles,
    ...findings.map(({ part, attack, bar, seen, holds }) => ({
      part,
      attack,
      bar,
      seen,
      holds: holds ? 'yes' : 'NO',
    })),
  ].map((row) => COLUMNS.map((column) => row[column].replaceAll(/\s+/g, ' ').replaceAll('|', '/')))
  const widths = COLUMNS.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)))
  const lineOf = (cells: readonly string[]): string =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(' | ')} |`
  const [title = [], ...body] = rows
  return [lineOf(title), lineOf(widths.map((width) => '-'.repeat(width))), ...body.map(lineOf)].join('\n')
}
