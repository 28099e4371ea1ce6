import type { Screen } from '../frame/index.ts'
import type { Counts } from './entries.ts'

export interface ProgressNow {
  readonly counts: Counts
  /** How much of the file is settled. */
  readonly doneBytes: number
  readonly totalBytes: number | null
}

export interface Reporter {
  /** Called when this run begins. Its rate is measured from here. */
  begin(now: ProgressNow): void
  update(now: ProgressNow): void
  /** Prints a separate line above the bar. */
  note(line: string): void
  /** Removes the bar. */
  end(): void
}

/** Ten times a second looks smooth and costs almost nothing. */
const REDRAW_MS = 100
/** For a log: few enough lines to be read later, and often enough for a person who watches the progress. */
const LINE_EVERY_MS = 3_000
/** The rate is measured over the last seconds, so that a pause is seen at once and has no effect later. */
const RATE_OVER_MS = 10_000
/** Before this the first requests, which are slower than the others, would make the time left many times too long. */
const ESTIMATE_AFTER_MS = 3_000

interface Sample {
  readonly atMs: number
  readonly read: number
  readonly doneBytes: number
}

/** Computes the rate and the time left from the progress of the last seconds. */
export class RateMeter {
  #samples: Sample[] = []
  #beganAtMs: number | undefined

  view({ counts, doneBytes, totalBytes }: ProgressNow, atMs: number): ProgressView {
    this.#beganAtMs ??= atMs
    const isTooEarly = atMs - this.#beganAtMs < ESTIMATE_AFTER_MS
    this.#samples.push({ atMs, read: counts.read, doneBytes })
    while ((this.#samples[1]?.atMs ?? atMs) < atMs - RATE_OVER_MS) this.#samples.shift()
    const oldest = this.#samples[0]
    const seconds = oldest ? (atMs - oldest.atMs) / 1000 : 0
    const perSecond = (amount: number): number => (seconds > 0 ? amount / seconds : 0)
    const bytesRate = perSecond(doneBytes - (oldest?.doneBytes ?? 0))
    return {
      done: totalBytes === null || totalBytes === 0 ? null : Math.min(1, doneBytes / totalBytes),
      counts,
      rate: perSecond(counts.read - (oldest?.read ?? 0)),
      secondsLeft:
        totalBytes === null || bytesRate <= 0 || isTooEarly ? null : (totalBytes - doneBytes) / bytesRate,
    }
  }
}

/** On a terminal: a bar. Elsewhere: a line every few seconds. */
export function createReporter(screen: Screen, clock: () => number = () => performance.now()): Reporter {
  const meter = new RateMeter()
  const { isTerminal } = screen
  const everyMs = isTerminal ? REDRAW_MS : LINE_EVERY_MS
  let shown = ''
  let shownAtMs = isTerminal ? Number.NEGATIVE_INFINITY : clock()
  const clear = (): void => {
    if (shown !== '') screen.clearLine()
    shown = ''
  }
  return {
    begin: (now) => {
      meter.view(now, clock())
    },
    update: (now) => {
      const atMs = clock()
      if (atMs - shownAtMs < everyMs) return
      shownAtMs = atMs
      const view = meter.view(now, atMs)
      if (!isTerminal) {
        screen.write(`${lineText(view)}\n`)
        return
      }
      shown = barText(view, screen.columns)
      screen.clearLine()
      screen.write(shown)
    },
    note: (line) => {
      const bar = shown
      clear()
      screen.write(`${line}\n`)
      shown = bar
      if (bar !== '') screen.write(bar)
    },
    end: clear,
  }
}

export interface ProgressView {
  /** 0 to 1; null if the size of the input is unknown. */
  readonly done: number | null
  readonly counts: Counts
  /** Entries a second, over the last seconds. */
  readonly rate: number
  readonly secondsLeft: number | null
}

const grouped = new Intl.NumberFormat('en-US')
const BAR_CELLS = 24

/** A duration for people: 8 s, 3 min 20 s, 1 h 05 min. */
export function durationText(seconds: number): string {
  const whole = Math.ceil(seconds)
  if (whole < 60) return `${whole} s`
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, '0')} s`
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
}

/** The line for a terminal, not wider than the terminal. */
export function barText(view: ProgressView, columns: number): string {
  const full = Math.floor((view.done ?? 0) * BAR_CELLS)
  const bar =
    view.done === null
      ? ''
      : `[${'#'.repeat(full)}${'.'.repeat(BAR_CELLS - full)}] ${percent(view.done).padStart(3)}  `
  // The last column stays free, since some terminals begin a new line after it.
  return `${bar}${facts(view).join('  ')}`.slice(0, Math.max(0, columns - 1))
}

/** At most 99 %, since it is shown only before the end. */
function percent(done: number): string {
  return `${Math.min(99, Math.floor(done * 100))}%`
}

function facts({ counts, rate, secondsLeft }: ProgressView): string[] {
  const parts = [`${grouped.format(counts.read)} events`, `${grouped.format(Math.round(rate))}/s`]
  if (secondsLeft !== null) parts.push(`${durationText(secondsLeft)} left`)
  if (counts.rejected > 0) parts.push(`${grouped.format(counts.rejected)} rejected`)
  return parts
}

/** The line for a log. */
export function lineText(view: ProgressView): string {
  const head = view.done === null ? '' : `${percent(view.done)}, `
  return `${head}${facts(view).join(', ')}`
}

/** What an import has done, when it has ended. */
export function summaryText(counts: Counts, seconds: number, sentAgain = 0): string {
  const { read, appended, duplicates, rejected, skipped } = counts
  const again = sentAgain === 0 ? '' : ` (${grouped.format(sentAgain)} sent again after an interruption)`
  const numbers = [
    `${grouped.format(appended)} appended`,
    `${grouped.format(duplicates)} duplicates${again}`,
    `${grouped.format(rejected)} rejected`,
    `${grouped.format(skipped)} skipped`,
  ]
  const rate = seconds > 0 ? ` (${grouped.format(Math.round(read / seconds))} a second)` : ''
  return `${grouped.format(read)} read: ${numbers.join(', ')}, in ${seconds.toFixed(1)} s${rate}.`
}
