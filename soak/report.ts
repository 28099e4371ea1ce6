import { totalBreaches } from './result.ts'
import type { SoakResult } from './result.ts'

/** The result of a soak as text: what was sent, which faults happened, what was seen, what is wrong. */
export function renderSoak(result: SoakResult): string {
  return [
    `Seed ${result.options.seed}: ${number(result.commands.commands)} appends, ${number(result.events)} events in ${number(result.streams)} streams, PostgreSQL ${result.options.postgres}${result.options.durable ? ', durable' : ''}; written within ${seconds(result.writtenMs)}, all read after ${seconds(result.caughtUpMs)}.`,
    'Appends',
    lines(commandRows(result)),
    'Faults',
    lines(faultRows(result)),
    'Readers',
    renderReaders(result),
    'Breaches',
    renderBreaches(result),
  ].join('\n')
}

const number = (value: number): string => value.toLocaleString('en')

/** Lines of two columns. */
function lines(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n')
}

const seconds = (ms: number): string => `${Math.round(ms / 1_000)} s`

function commandRows({ commands, receipts, eventsWithRows }: SoakResult): [string, string][] {
  const { none, ids, key, both } = commands.byIdentity
  return [
    [
      'by the event store / in slow transactions',
      `${number(commands.byStore)} / ${number(commands.byTransaction)}`,
    ],
    [
      'of several streams / with conditions',
      `${number(commands.severalStreams)} / ${number(commands.withConditions)}`,
    ],
    ['with ids / a key / both / neither', [ids, key, both, none].map(number).join(' / ')],
    ['attempts; commands sent more than once', `${number(commands.attempts)}; ${number(commands.repeated)}`],
    ['answered', number(commands.answered)],
    ['refused by a version', number(commands.conflicts)],
    ['rolled back', number(commands.aborted)],
    ['told that nothing was written', number(commands.nothingWritten)],
    [
      'nobody can know: written / not',
      `${number(commands.lostWritten)} / ${number(commands.lostNotWritten)}`,
    ],
    ['receipts', number(receipts)],
    ['events with a row of a domain', number(eventsWithRows)],
  ]
}

function faultRows({ faults }: SoakResult): [string, string][] {
  const { foreign, connections, backendsKilled } = faults
  const named = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${number(count)}`)
      .join(', ')
  return [
    ['connections killed at the server', named(backendsKilled)],
    ['appends at the proxy', named(connections)],
    ['writer processes killed', number(faults.writersKilled)],
    ['prepared transactions left behind', number(faults.preparedRolledBack)],
    [
      'of others: idle transactions / refreshes / index builds / prepared',
      [foreign.idleTransactions, foreign.refreshes, foreign.indexBuilds, foreign.preparedTransactions]
        .map(number)
        .join(' / '),
    ],
    ['deadlocks', number(faults.deadlocks)],
  ]
}

function renderReaders({ readers, faults }: SoakResult): string {
  const head = ['', 'seen', 'skipped', 'doubled', 'inverted', 'reordered', 'restarts']
  const rows = readers.map((reader, index) => [
    reader.name,
    ...[reader.seen, reader.skipped, reader.doubled, reader.inverted, reader.reordered].map(number),
    number(faults.readers[index]?.restarts ?? 0),
  ])
  const table = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)))
  return table
    .map((row) => {
      const cells = row.map((cell, column) => {
        const width = widths[column] ?? 0
        return column === 0 ? cell.padEnd(width) : cell.padStart(width)
      })
      return `  ${cells.join('  ')}`
    })
    .join('\n')
}

function renderBreaches(result: SoakResult): string {
  if (totalBreaches(result) === 0) return '  none'
  const found = result.breaches
    .map(
      ({ kind, meaning, count, examples }) =>
        `  ${kind}: ${number(count)} (${meaning})\n    ${examples.join('\n    ')}`,
    )
    .join('\n')
  return `${found}\n  Ledgers and readers' logs are kept in ${result.keptFolder ?? ''}`
}
