import { describe, expect, test } from 'vitest'
import {
  compareCounts,
  comparisonTable,
  demoTenants,
  makeEvents,
  mayCatchUp,
  sourceOf,
} from '../../../cli/demo/index.ts'
import { seededRandom } from '../../../cli/demo/random.ts'
import { eventSchema, streamIdSchema } from '../../../shared/event-form/index.ts'
import { SLUG_PATTERN } from '../../../shared/tenancy/index.ts'

describe('the events of the demonstration', () => {
  const events = makeEvents(1)

  test('the same seed makes the same, another one other events with other ids', () => {
    expect(JSON.stringify(makeEvents(1))).toBe(JSON.stringify(events))
    const others = makeEvents(2)
    const ids = new Set(events.map(({ tenant, id }) => `${tenant} ${id}`))
    expect(others.filter(({ tenant, id }) => ids.has(`${tenant} ${id}`))).toEqual([])
    expect(others.every(({ source }) => source === sourceOf(2))).toBe(true)
  })

  test('a few thousand, of tenants of different size', () => {
    expect(events.length).toBeGreaterThan(3_000)
    expect(events.length).toBeLessThan(9_000)
    const sizes = demoTenants.map(({ slug }) => events.filter(({ tenant }) => tenant === slug).length)
    expect(Math.max(...sizes)).toBeGreaterThan(Math.min(...sizes) * 20)
    expect(new Set(events.map(({ type }) => type.split('.')[0]))).toEqual(
      new Set(['order', 'booking', 'prompt']),
    )
  })

  test('the server takes every one of them, and no id twice', () => {
    for (const { tenant, streamId, ...event } of events) {
      expect(tenant).toMatch(SLUG_PATTERN)
      expect(streamIdSchema.safeParse(streamId).success).toBe(true)
      expect(eventSchema.safeParse(event).error).toBeUndefined()
    }
    expect(new Set(events.map(({ tenant, id }) => `${tenant} ${id}`)).size).toBe(events.length)
  })

  test('in a stream each event is caused by the one before, and later; the whole is in order of time', () => {
    expect(events.map(({ time }) => time)).toEqual(events.map(({ time }) => time).toSorted())
    const last = new Map<string, { id: string; time: string }>()
    for (const { tenant, streamId, id, time, causationId, correlationId } of events) {
      const before = last.get(`${tenant} ${streamId}`)
      expect(causationId).toBe(before?.id)
      expect(correlationId).toBe(streamId)
      expect(time > (before?.time ?? '')).toBe(true)
      last.set(`${tenant} ${streamId}`, { id, time })
    }
  })

  test('nobody is shipped what was not paid, nor checked out without having come', () => {
    const streams = Map.groupBy(events, ({ tenant, streamId }) => `${tenant} ${streamId}`)
    const stories = [...streams.values()].map((stream) => stream.map(({ type }) => type))
    // Of what has the second, the first comes before it.
    for (const [first, second] of [
      ['order.paid', 'order.shipped'],
      ['order.delivered', 'order.returned'],
      ['booking.confirmed', 'booking.checked-in'],
      ['booking.checked-in', 'booking.checked-out'],
      ['prompt.published', 'prompt.rated'],
    ] as const) {
      const those = stories.filter((types) => types.includes(second))
      expect(those.length).toBeGreaterThan(0)
      for (const types of those) {
        expect(types).toContain(first)
        expect(types.indexOf(first)).toBeLessThan(types.indexOf(second))
      }
    }
    for (const [begin] of stories) expect(begin).toMatch(/placed|requested|created/u)
  })
})

describe('chance by seed', () => {
  test('numbers stay in their range and come about equally often', () => {
    const random = seededRandom(7)
    const counts = new Map<number, number>()
    for (let index = 0; index < 6_000; index += 1) {
      const value = random.whole(1, 6)
      counts.set(value, (counts.get(value) ?? 0) + 1)
    }
    expect(new Set(counts.keys())).toEqual(new Set([1, 2, 3, 4, 5, 6]))
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150)
    expect(random.hex(8)).toMatch(/^[0-9a-f]{8}$/u)
  })
})

describe('the comparison', () => {
  const count = (tenant: string, type: string, count: number) => ({ tenant, type, count })
  const made = [count('a', 'x', 1), count('a', 'x', 1), count('b', 'y', 1)]

  test('equal when every row is', () => {
    const same = [count('b', 'y', 1), count('a', 'x', 2)]
    const comparison = compareCounts({ made, postgres: same, analytics: same })
    expect(comparison).toEqual({
      rows: [
        { tenant: 'a', type: 'x', made: 2, postgres: 2, analytics: 2 },
        { tenant: 'b', type: 'y', made: 1, postgres: 1, analytics: 1 },
      ],
      total: { made: 3, postgres: 3, analytics: 3 },
      isEqual: true,
    })
    expect(mayCatchUp(comparison)).toBe(false)
    expect(comparisonTable(comparison)).toMatch(/^tenant +type +made +PostgreSQL +analytics +same\n/u)
  })

  test.each([
    ['analytics lacks some', [count('a', 'x', 2)], true],
    ['analytics has doubles', [count('a', 'x', 3), count('b', 'y', 1)], false],
    ['analytics has doubles and lacks others', [count('a', 'x', 3)], false],
    ['analytics has what nobody made', [count('a', 'x', 2), count('b', 'y', 1), count('c', 'z', 1)], false],
  ])('%s: it differs', (_name, analytics, mayCome) => {
    const postgres = [count('a', 'x', 2), count('b', 'y', 1)]
    const comparison = compareCounts({ made, postgres, analytics })
    expect(comparison.isEqual).toBe(false)
    expect(mayCatchUp(comparison)).toBe(mayCome)
    expect(comparisonTable(comparison)).toContain('NO')
  })

  test('PostgreSQL lacks what was made: it differs, and waiting does not help', () => {
    const comparison = compareCounts({ made, postgres: made.slice(1), analytics: made.slice(1) })
    expect([comparison.isEqual, mayCatchUp(comparison)]).toEqual([false, false])
  })
})
