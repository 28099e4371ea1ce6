import type { QueueLedger } from './reconcile.ts'
import type { QueueSoakResult } from './run.ts'

/** How much of what must not be there was found. */
export const breachesOf = (ledger: QueueLedger): number =>
  ledger.lost +
  ledger.doubled +
  ledger.foreign +
  ledger.outOfOrder +
  ledger.notParked +
  ledger.parkedWithoutReason +
  ledger.parkedInVain +
  ledger.deadLetters

export function renderQueueSoak({
  options,
  planned,
  producers,
  faults,
  ledger,
  ...times
}: QueueSoakResult): string {
  const rate = Math.round((options.messages / times.handledMs) * 1_000)
  const rows: readonly (readonly [string, string | number])[] = [
    ['messages', `${options.messages} by ${options.producers} producers, seed ${options.seed}`],
    [
      'of these',
      `${planned.good} good, ${planned.duplicate} again, ${planned.malformed} malformed, ${planned.failing} failing`,
    ],
    [
      'sent',
      `in ${Math.round(times.sentMs / 1_000)} s; ${producers.repeated} sends repeated after a lost answer`,
    ],
    ['handled', `in ${Math.round(times.handledMs / 1_000)} s, ${rate} a second`],
    ['killed', `host ${faults.hostKills}, PostgreSQL ${faults.postgresKills}`],
    ['events stored', ledger.stored],
    ['messages parked', ledger.parked],
    ['lost', ledger.lost],
    ['doubled', ledger.doubled],
    ['not asked for', ledger.foreign],
    ['out of order', ledger.outOfOrder],
    ['bad and not parked', ledger.notParked],
    ['parked with another reason', ledger.parkedWithoutReason],
    ['good and parked', ledger.parkedInVain],
    ['in dead-letter queues', ledger.deadLetters],
  ]
  const lines = rows.map(([name, value]) => `${name.padEnd(28)}${value}`)
  return [...lines, ...ledger.examples.map((example) => `  ${example}`)].join('\n')
}
