import { visible } from './output.ts'

/** Aligned columns with a header. Numbers are aligned to the right. */
export function renderTable(columns: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const cells = rows.map((row) => row.map((value) => cut(cellText(value))))
  const widths = columns.map((name, index) =>
    Math.max(name.length, ...cells.map((row) => row[index]?.length ?? 0)),
  )
  const numeric = columns.map(
    (_, index) =>
      rows.length > 0 &&
      rows.every((row) => typeof row[index] === 'number' || typeof row[index] === 'bigint'),
  )
  const render = (row: readonly string[]): string =>
    row
      .map((text, index) => {
        const width = widths[index] ?? 0
        return numeric[index] === true ? text.padStart(width) : text.padEnd(width)
      })
      .join('  ')
      .trimEnd()
  const rule = widths.map((width) => '-'.repeat(width)).join('  ')
  return [render(columns), rule, ...cells.map(render)].join('\n')
}

/** Longer cells are cut, so that a row fits on a line. --json has the whole text. */
const WIDEST_CELL = 60

function cut(text: string): string {
  // `visible` makes some texts longer. It must come before the measuring, or the next columns would not be aligned.
  const line = visible(text.replaceAll(/\s*[\t\n]\s*/gu, ' '))
  return line.length > WIDEST_CELL ? `${line.slice(0, WIDEST_CELL - 1)}…` : line
}

/** A cell for people: objects as JSON, an empty text for null. */
function cellText(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'string') return value
  return typeof value === 'bigint' ? value.toString() : JSON.stringify(value)
}
