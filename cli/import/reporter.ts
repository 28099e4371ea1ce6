import type { Screen } from '../frame/index.ts'
import { barText, lineText, type ProgressView } from './progress-text.ts'
import type { Counts } from './tally.ts'

export interface ProgressNow {
  readonly counts: Counts
  /** Of the file, settled. */
  readonly doneBytes: number
  readonly totalBytes: number | null
}

export interface Reporter {
  /** Where this run begins: its rate counts from here. */
  begin(now: ProgressNow): void
  update(now: ProgressNow): void
  /** A line of its own, above the bar. */
  note(line: string): void
  /** Nothing of the bar is left. */
  end(): void
}

/** Fluent for the eye, nothing for the machine. */
const redrawMs = 100
/** A log that is read later: a few lines a minute tell enough, and somebody who watches sees that it moves. */
const lineEveryMs = 3_000
/** The rate is that of the last seconds, so that a pause shows and is forgotten. */
const rateOverMs = 10_000

interface Sample {
  readonly atMs: number
  readonly read: number
  readonly doneBytes: number
}

/** Rate and time left, from what the last seconds have brought. */
export class RateMeter {
  #samples: Sample[] = []

  view({ counts, doneBytes, totalBytes }: ProgressNow, atMs: number): ProgressView {
    this.#samples.push({ atMs, read: counts.read, doneBytes })
    while ((this.#samples[1]?.atMs ?? atMs) < atMs - rateOverMs) this.#samples.shift()
    const oldest = this.#samples[0]
    const seconds = oldest ? (atMs - oldest.atMs) / 1000 : 0
    const perSecond = (amount: number): number => (seconds > 0 ? amount / seconds : 0)
    const bytesRate = perSecond(doneBytes - (oldest?.doneBytes ?? 0))
    return {
      done: totalBytes === null || totalBytes === 0 ? null : Math.min(1, doneBytes / totalBytes),
      counts,
      rate: perSecond(counts.read - (oldest?.read ?? 0)),
      secondsLeft: totalBytes === null || bytesRate <= 0 ? null : (totalBytes - doneBytes) / bytesRate,
    }
  }
}

/** A bar on a terminal, a line every few seconds elsewhere. */
export function createReporter(screen: Screen, clock: () => number = () => performance.now()): Reporter {
  const meter = new RateMeter()
  const { isTerminal } = screen
  const everyMs = isTerminal ? redrawMs : lineEveryMs
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
