import { describe, expect, test } from 'vitest'
import { Tally, noCounts } from '../../../cli/import/entries.ts'
import {
  RateMeter,
  barText,
  createReporter,
  durationText,
  lineText,
  summaryText,
} from '../../../cli/import/reporter.ts'

const counts = { ...noCounts, read: 12_345, appended: 12_345 }
const view = { done: 0.5, counts, rate: 9_876.4, secondsLeft: 200 }

describe('counts', () => {
  test('read is the sum of what became of the entries, also of those that earlier runs have counted', () => {
    const tally = new Tally({ read: 10, appended: 4, duplicates: 3, rejected: 2, skipped: 1 })
    for (const outcome of ['appended', 'appended', 'duplicate', 'rejected', 'skipped'] as const)
      tally.add(outcome)
    expect(tally.counts).toEqual({ read: 15, appended: 6, duplicates: 4, rejected: 3, skipped: 2 })
  })
})

describe('progress for the eye', () => {
  test('a bar with share, events, rate and time left', () => {
    expect(barText(view, 100)).toBe('[############............] 50%  12,345 events  9,876/s  3 min 20 s left')
    expect(lineText(view)).toBe('50%, 12,345 events, 9,876/s, 3 min 20 s left')
  })

  test('it is never wider than the terminal, nor at 100 % before the end', () => {
    expect(barText(view, 40)).toHaveLength(39)
    expect(barText({ ...view, done: 1 }, 100)).toMatch(/^\[#{24}\] 99%/u)
  })

  test('without a known end there is no bar; rejects are told of when there are some', () => {
    const unknown = { ...view, done: null, secondsLeft: null, counts: { ...counts, rejected: 3 } }
    expect(barText(unknown, 100)).toBe('12,345 events  9,876/s  3 rejected')
  })

  test('durations as people say them', () => {
    expect([0.2, 59, 60, 3_599, 3_600, 90_061].map(durationText)).toEqual([
      '1 s',
      '59 s',
      '1 min 00 s',
      '59 min 59 s',
      '1 h 00 min',
      '25 h 01 min',
    ])
  })

  test('the summary', () => {
    expect(summaryText(counts, 2)).toBe(
      '12,345 read: 12,345 appended, 0 duplicates, 0 rejected, 0 skipped, in 2.0 s (6,173 a second).',
    )
  })

  test('the summary tells duplicates apart that an interruption has brought', () => {
    const resumed = { ...noCounts, read: 2_010, appended: 500, duplicates: 1_510 }
    expect(summaryText(resumed, 2, 1_500)).toMatch(
      /^2,010 read: 500 appended, 1,510 duplicates \(1,500 sent again after an interruption\), 0 rejected,/u,
    )
  })

  test('no time left is told in the first seconds, when the rate is not yet that of the file', () => {
    const meter = new RateMeter()
    const at = (read: number) => ({
      counts: { ...noCounts, read },
      doneBytes: read * 10,
      totalBytes: 100_000,
    })
    meter.view(at(0), 0)
    expect(meter.view(at(1_000), 1_000).secondsLeft).toBeNull()
    expect(meter.view(at(2_900), 2_900).secondsLeft).toBeNull()
    expect(meter.view(at(3_000), 3_000).secondsLeft).toBe(7)
  })

  test('rate and time left are those of the last ten seconds', () => {
    const meter = new RateMeter()
    const at = (read: number): { counts: typeof counts; doneBytes: number; totalBytes: number } => ({
      counts: { ...noCounts, read },
      doneBytes: read * 10,
      totalBytes: 100_000,
    })
    meter.view(at(0), 0)
    expect(meter.view(at(1_000), 1_000)).toMatchObject({ done: 0.1, rate: 1_000 })
    for (let second = 2; second <= 30; second += 1) meter.view(at(1_000 + (second - 1) * 10), second * 1_000)
    const { rate } = meter.view(at(1_300), 31_000)
    expect(rate).toBeGreaterThan(9)
    expect(rate).toBeLessThan(11)
  })
})

describe('the reporter', () => {
  function reporterOn(isTerminal: boolean): {
    written: string[]
    pass: (ms: number) => void
    update: (read: number) => void
    reporter: ReturnType<typeof createReporter>
  } {
    const written: string[] = []
    let nowMs = 0
    const screen = {
      isTerminal,
      columns: 60,
      write: (text: string) => written.push(text),
      clearLine: () => written.push('<clear>'),
    }
    const reporter = createReporter(screen, () => nowMs)
    const now = (read: number) => ({ counts: { ...noCounts, read }, doneBytes: read, totalBytes: 1_000 })
    reporter.begin(now(0))
    return {
      written,
      reporter,
      pass: (ms) => (nowMs += ms),
      update: (read) => {
        reporter.update(now(read))
      },
    }
  }

  test('on a terminal one line is drawn over, not too often, and notes stand above it', () => {
    const { written, pass, update, reporter } = reporterOn(true)
    pass(500)
    update(100)
    update(101)
    expect(written).toEqual(['<clear>', '[##......................] 10%  100 events  200/s'])
    reporter.note('Trying again.')
    expect(written.slice(2)).toEqual([
      '<clear>',
      'Trying again.\n',
      '[##......................] 10%  100 events  200/s',
    ])
    reporter.end()
    reporter.end()
    expect(written.slice(5)).toEqual(['<clear>'])
  })

  test('elsewhere a line comes every few seconds, without control characters', () => {
    const { written, pass, update, reporter } = reporterOn(false)
    update(1)
    pass(2_999)
    update(2)
    pass(1)
    update(300)
    update(301)
    reporter.end()
    expect(written).toEqual(['30%, 300 events, 100/s, 7 s left\n'])
  })
})
