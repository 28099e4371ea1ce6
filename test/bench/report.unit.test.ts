import { describe, expect, it } from 'vitest'
import { countOf, figureOf } from '../../bench/measure/index.ts'
import type { Sample } from '../../bench/measure/index.ts'
import { parseCommand } from '../../bench/options.ts'
import { UsageError } from '../../packages/command-flags/index.ts'
import { renderCounts, renderTable, verdictText } from '../../bench/report/index.ts'

const sample = (value: number, cpuMicros: Sample['cpuMicros'] = {}): Sample => ({ value, cpuMicros })

describe('renderTable', () => {
  const facts = { section: 'append', candidate: 'ours', baseline: 'bare', unit: 'events/s' }
  const missed = figureOf(
    { ...facts, name: '1 event', target: { comparison: 'at-least', value: 0.9 } },
    [sample(600, { client: 90, server: 300 }), sample(700, { client: 90, server: 300 })],
    [sample(1_000, { client: 60, server: 0 }), sample(1_000, { client: 60, server: 0 })],
  )
  const plain = figureOf({ ...facts, name: 'short' }, [sample(12.345)], [sample(4)])
  const [header = '', rule = '', first = '', second = ''] = renderTable([missed, plain]).split('\n')

  it('shows ratio, extremes, both values and the verdict', () => {
    expect(first).toContain('append: 1 event')
    expect(first).toMatch(/ 0\.65 +\(0\.60\.\.0\.70\) +650 +1,000 +events\/s/)
    expect(first).toContain('>= 0.90 MISSED by 0.25')
    expect(second).toMatch(/ 3\.09 +\(3\.09\.\.3\.09\) +12\.3 +4\.00 +events\/s$/)
  })

  it('shows CPU as a ratio, but none over a baseline that used none', () => {
    expect(first).toContain('client x1.50 (90.0/60.0 us), server 300/0.00 us')
  })

  it('keeps its columns aligned', () => {
    const start = header.indexOf('unit')
    expect([first, second].map((line) => line.indexOf('events/s'))).toEqual([start, start])
    expect(rule).toMatch(/^[- ]+$/)
  })
})

describe('renderCounts', () => {
  it('gives each count a line, with its unit and verdict where it has them', () => {
    const trips = { section: 'trips', name: 'an append', value: 1.5, unit: 'round trips' }
    const conflicts = { section: 'hot', name: 'conflicts', value: 7, unit: '' }
    expect(
      renderCounts([countOf(trips, { comparison: 'at-most', value: 1 }), countOf(conflicts)]).split('\n'),
    ).toEqual(['trips: an append: 1.500 round trips  <= 1.00 MISSED by 0.50', 'hot: conflicts: 7'])
  })
})

describe('verdictText', () => {
  it('says by how much', () => {
    expect(verdictText({ comparison: 'at-most', value: 1.6, isMet: false }, 1.85)).toBe(
      '<= 1.60 MISSED by 0.25',
    )
    expect(verdictText({ comparison: 'at-most', value: 1.6, isMet: true }, 1.2)).toBe('<= 1.60 met')
  })
})

describe('parseCommand', () => {
  it('measures everything, five rounds, seven starts, when nothing is said', () => {
    const { sections, options, outFile } = parseCommand([], 5)
    expect(sections).toEqual([
      'append',
      'first-append',
      'domain-write',
      'read',
      'http',
      'start',
      'forward',
      'forward-latency',
    ])
    expect(options).toMatchObject({
      rounds: 5,
      startRounds: 7,
      connections: 5,
      concurrencies: [1, 8, 16, 32],
      batches: [1, 10],
      modes: ['unnamed', 'named'],
      isShort: false,
      isHot: false,
      isFull: false,
    })
    expect(outFile).toBeUndefined()
  })

  it('takes sections in their own order, and flags', () => {
    const args = ['start', 'append', '--rounds', '9', '--concurrency', '2,64', '--modes', 'named', '--hot']
    const { sections, options } = parseCommand(args, 5)
    expect(sections).toEqual(['append', 'start'])
    expect(options).toMatchObject({ rounds: 9, concurrencies: [2, 64], modes: ['named'], isHot: true })
  })

  it('has three small rounds in the short form, or fewer', () => {
    expect(parseCommand(['--short'], 5).options).toMatchObject({ isShort: true, rounds: 3, startRounds: 3 })
    expect(parseCommand(['--short', '--rounds', '1'], 5).options.rounds).toBe(1)
  })

  it.each([
    [['--rounds', '4'], /--rounds/],
    [['--start-rounds', '6'], /--start-rounds/],
    [['--turn-ms', '1.5'], /--turn-ms/],
    [['--concurrency', '8,-1'], /--concurrency/],
    [['--concurrency', ''], /--concurrency/],
    [['--modes', 'prepared'], /--modes/],
    [['--fast'], /--fast/],
    [['pgbench'], /no section "pgbench"/],
  ])('refuses %j', (args, message) => {
    expect(() => parseCommand(args, 5)).toThrow(UsageError)
    expect(() => parseCommand(args, 5)).toThrow(message)
  })
})
