import type { Counts } from './tally.ts'

export interface ProgressView {
  /** 0 to 1; null where the end is unknown. */
  readonly done: number | null
  readonly counts: Counts
  /** Entries a second, of late. */
  readonly rate: number
  readonly secondsLeft: number | null
}

const grouped = new Intl.NumberFormat('en-US')
const barCells = 24

/** As people say it: 8 s, 3 min 20 s, 1 h 05 min. */
export function durationText(seconds: number): string {
  const whole = Math.ceil(seconds)
  if (whole < 60) return `${whole} s`
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, '0')} s`
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
}

/** Never 100 % before the end, however near. */
function percent(done: number): string {
  return `${Math.min(99, Math.floor(done * 100))}%`
}

function facts({ counts, rate, secondsLeft }: ProgressView): string[] {
  const parts = [`${grouped.format(counts.read)} events`, `${grouped.format(Math.round(rate))}/s`]
  if (secondsLeft !== null) parts.push(`${durationText(secondsLeft)} left`)
  if (counts.rejected > 0) parts.push(`${grouped.format(counts.rejected)} rejected`)
  return parts
}

/** The one line of a terminal, not wider than that. */
export function barText(view: ProgressView, columns: number): string {
  const full = Math.floor((view.done ?? 0) * barCells)
  const bar =
    view.done === null
      ? ''
      : `[${'#'.repeat(full)}${'.'.repeat(barCells - full)}] ${percent(view.done).padStart(3)}  `
  // The last column is left free: some terminals begin a new line behind it.
  return `${bar}${facts(view).join('  ')}`.slice(0, Math.max(0, columns - 1))
}

/** A line of a log. */
export function lineText(view: ProgressView): string {
  const head = view.done === null ? '' : `${percent(view.done)}, `
  return `${head}${facts(view).join(', ')}`
}

/** What an import has done, when it has ended. */
export function summaryText(counts: Counts, seconds: number): string {
  const { read, appended, duplicates, rejected, skipped } = counts
  const numbers = [
    `${grouped.format(appended)} appended`,
    `${grouped.format(duplicates)} duplicates`,
    `${grouped.format(rejected)} rejected`,
    `${grouped.format(skipped)} skipped`,
  ]
  const rate = seconds > 0 ? ` (${grouped.format(Math.round(read / seconds))} a second)` : ''
  return `${grouped.format(read)} read: ${numbers.join(', ')}, in ${seconds.toFixed(1)} s${rate}.`
}
