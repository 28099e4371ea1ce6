import type { Delays, ForeignResult } from './run.ts'

/** The goal: a live reader sees an event within this time, whatever foreign transactions do. */
const DELAY_GOAL_MS = 1_000

export function renderForeign({ options, cases }: ForeignResult): string {
  const head = [
    'beside',
    'appends',
    'median',
    '95 %',
    '99 %',
    'max',
    'plain xmin: median',
    'max',
    'seen before its end',
  ]
  const rows = cases.map(({ name, appends, feed, plainXmin, missing }) => [
    name,
    String(appends),
    ...[feed.median, feed.p95, feed.p99, feed.max, plainXmin.median, plainXmin.max].map(String),
    missing === 0 ? 'all' : `all but ${missing}`,
  ])
  const table = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)))
  const text = table
    .map((row) =>
      row.map((cell, column) => cell[column === 0 ? 'padEnd' : 'padStart'](widths[column] ?? 0)).join('  '),
    )
    .join('\n')
  const slowest = Math.max(...cases.map(({ feed }: { feed: Delays }) => feed.max))
  return `Milliseconds from the answer to an append until a reader that polls every 50 ms has its event, at ${options.appendsPerSecond} appends a second; each transaction of others stands for ${options.seconds} s.\n${text}\nSlowest: ${slowest} ms (goal: below ${DELAY_GOAL_MS} ms).`
}
