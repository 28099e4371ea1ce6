import { describe, expect, it } from 'vitest'
import {
  alternate,
  countOf,
  cpuForEach,
  figureOf,
  median,
  meets,
  pairRounds,
  percentileOf,
  parseStat,
  runLoad,
  spreadOf,
  timeCalls,
} from '../../bench/measure/index.ts'
import type { Sample } from '../../bench/measure/index.ts'

describe('median and spread', () => {
  it('takes the middle of an odd number, and the mean of the two middle ones of an even number', () => {
    expect(median([9, 1, 5])).toBe(5)
    expect(median([10, 1, 3, 2])).toBe(2.5)
    expect(median([7])).toBe(7)
  })

  it('orders numbers as numbers and leaves its input as it was', () => {
    const values = [100, 20, 3]
    expect(spreadOf(values)).toEqual({ median: 20, min: 3, max: 100 })
    expect(values).toEqual([100, 20, 3])
  })

  it('refuses nothing', () => {
    expect(() => median([])).toThrow(RangeError)
  })
})

describe('percentileOf', () => {
  it('is the smallest value that the share of all values does not exceed', () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index)
    expect([0.95, 0.99, 1].map((share) => percentileOf(values, share))).toEqual([95, 99, 100])
    expect(percentileOf([7], 0.01)).toBe(7)
  })

  it('refuses nothing', () => {
    expect(() => percentileOf([], 0.95)).toThrow(RangeError)
  })
})

it('timeCalls makes one call after the other, and a failed one ends it', async () => {
  let running = 0
  const most: number[] = []
  const tookMs = await timeCalls(async () => {
    most.push((running += 1))
    await Promise.resolve()
    running -= 1
  }, 3)
  expect([tookMs.length, most, tookMs.every((value) => value >= 0)]).toEqual([3, [1, 1, 1], true])
  await expect(timeCalls(() => Promise.reject(new Error('refused')), 3)).rejects.toThrow('refused')
})

describe('pairRounds', () => {
  it('makes the ratio inside a round, so that a slow hour does not look like a slow candidate', () => {
    const rounds = pairRounds([100, 10, 90], [50, 5, 100])
    expect(rounds.map((round) => round.ratio)).toEqual([2, 2, 0.9])
    // The ratio of the medians would be 90 / 50.
    expect(median(rounds.map((round) => round.ratio))).toBe(2)
  })

  it('refuses arms of different length', () => {
    expect(() => pairRounds([1, 2], [1])).toThrow(RangeError)
  })
})

describe('alternate', () => {
  it('throws the first round away and then changes who begins', async () => {
    const order: string[] = []
    let turn = 0
    const arm = (name: string) => () => {
      order.push(name)
      return Promise.resolve((turn += 1))
    }
    const samples = await alternate({ a: arm('a'), b: arm('b') }, 3)
    expect(order.join('')).toBe('ab|ab|ba|ab'.replaceAll('|', ''))
    expect(samples).toEqual({ a: [3, 6, 7], b: [4, 5, 8] })
  })

  it('gives each of several arms each place', async () => {
    const order: string[] = []
    const arm = (name: string) => () => Promise.resolve(order.push(name))
    await alternate({ a: arm('a'), b: arm('b'), c: arm('c') }, 3)
    expect(order.join('')).toBe('abc|abc|bca|cab'.replaceAll('|', ''))
  })
})

const sample = (value: number, client: number | null): Sample => ({ value, cpuMicros: { client } })
const facts = { section: 's', name: 'n', candidate: 'ours', baseline: 'bare', unit: 'events/s' }

describe('countOf', () => {
  const facts = { section: 's', name: 'conflicts', unit: '' }

  it('judges a count by its target, and by none when there is none', () => {
    const target = { comparison: 'at-most', value: 0 } as const
    expect(countOf({ ...facts, value: 0 }, target).target).toEqual({ ...target, isMet: true })
    expect(countOf({ ...facts, value: 1 }, target).target).toEqual({ ...target, isMet: false })
    expect(countOf({ ...facts, value: 1 }).target).toBeNull()
  })
})

describe('figureOf', () => {
  it('judges the target by the median of the ratios', () => {
    const target = { comparison: 'at-least', value: 0.9 } as const
    const baseline = [sample(100, 10), sample(100, 20), sample(100, 30)]
    const figure = figureOf({ ...facts, target }, [sample(10, 1), sample(95, 2), sample(200, 3)], baseline)
    expect(figure.ratio).toEqual({ median: 0.95, min: 0.1, max: 2 })
    expect(figure.target).toEqual({ ...target, isMet: true })
    expect(figure.cpu).toEqual({ client: { candidateMicros: 2, baselineMicros: 20 } })
    expect(figure.candidateValue.median).toBe(95)
    expect(figure.baselineValue.median).toBe(100)
  })

  it('leaves CPU out that the system does not tell', () => {
    const figure = figureOf(facts, [sample(1, null)], [sample(1, 5)])
    expect(figure.cpu).toEqual({ client: { candidateMicros: null, baselineMicros: 5 } })
    expect(figure.target).toBeNull()
  })

  it('knows both directions', () => {
    expect(meets(0.9, { comparison: 'at-least', value: 0.9 })).toBe(true)
    expect(meets(0.89, { comparison: 'at-least', value: 0.9 })).toBe(false)
    expect(meets(1.6, { comparison: 'at-most', value: 1.6 })).toBe(true)
    expect(meets(1.61, { comparison: 'at-most', value: 1.6 })).toBe(false)
  })
})

describe('CPU time', () => {
  it('is read after a command that holds spaces and brackets', () => {
    const text = '812 (postgres: (a) b) S 800 812 812 0 -1 4194560 1 2 3 4 150 50 7 3 20 0 1 0 99 1 2'
    expect(parseStat(text)).toEqual({ parentPid: 800, ticks: 200, endedChildrenTicks: 10 })
  })

  it('is divided by the calls, and unknown where either reading is', () => {
    expect(cpuForEach({ a: 100, b: null }, { a: 500, b: 7 }, 4)).toEqual({ a: 100, b: null })
    expect(cpuForEach({ a: 100 }, { a: 500 }, 0)).toEqual({ a: null })
  })
})

describe('runLoad', () => {
  it('runs as many callers as told and counts units', async () => {
    const callers = new Set<number>()
    let running = 0
    let runningMax = 0
    let calls = 0
    const { value } = await runLoad(
      async (caller) => {
        callers.add(caller)
        calls += 1
        running += 1
        runningMax = Math.max(runningMax, running)
        await new Promise((resolve) => setImmediate(resolve))
        running -= 1
      },
      { concurrency: 4, durationMs: 20, unitsPerCall: 10, watched: { client: { kind: 'self' } } },
    )
    expect(callers.size).toBe(4)
    expect(runningMax).toBe(4)
    expect(calls).toBeGreaterThanOrEqual(4)
    expect(value).toBeGreaterThan(0)
  })

  it('fails as soon as a call fails', async () => {
    const load = { concurrency: 2, durationMs: 1_000, watched: {} }
    await expect(runLoad(() => Promise.reject(new Error('refused')), load)).rejects.toThrow('refused')
  })
})
