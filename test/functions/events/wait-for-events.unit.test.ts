import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readLimits } from '../../../functions/events/read-limits.ts'
import { waitForEvents } from '../../../functions/events/wait-for-events.ts'
import type { Waiting } from '../../../functions/events/wait-for-events.ts'
import { freePermits, permitsOf } from './permits-of.ts'

type Feed = Waiting<readonly string[], number>

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A feed whose nth look gives what `pages` says; the last is given on and on. */
function waitingFor(
  pages: readonly { events: string[]; next: number | null }[],
  overrides: Partial<Feed> = {},
) {
  const looks: { cursor: number; atMs: number }[] = []
  const startMs = Date.now()
  const waiting: Feed = {
    async look(cursor) {
      const page = pages[Math.min(looks.length, pages.length - 1)]
      if (page === undefined) throw new Error('there are no pages')
      looks.push({ cursor, atMs: Date.now() - startMs })
      return { page: page.events, isEmpty: page.events.length === 0, next: page.next }
    },
    from: 1,
    endsAtMs: startMs + 5_000,
    signal: new AbortController().signal,
    permits: permitsOf(8),
    holder: 'acme',
    checkAgain: async () => undefined,
    ...overrides,
  }
  return { waiting, looks }
}

const nothing = { events: [], next: 1 }

describe('waiting for events', () => {
  it('looks ever less often, from 50 ms to half a second, until one is there', async () => {
    const { waiting, looks } = waitingFor([
      ...Array.from({ length: 9 }, () => nothing),
      { events: ['e'], next: 2 },
    ])
    const waited = waitForEvents(waiting)
    await vi.runAllTimersAsync()
    expect(await waited).toEqual({ page: ['e'], hasPermit: true })
    const pauses = looks.slice(1).map(({ atMs }, index) => Math.round(atMs - (looks[index]?.atMs ?? 0)))
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(50)
    expect(pauses).toEqual(pauses.toSorted((left, right) => left - right))
    expect(pauses.at(-1)).toBe(readLimits.pauseMsMax)
  })

  it('ends with its time, and never looks later', async () => {
    const { waiting, looks } = waitingFor([nothing])
    const waited = waitForEvents(waiting)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(await waited).toEqual({ page: [], hasPermit: true })
    expect(looks.at(-1)?.atMs).toBeLessThanOrEqual(5_001)
  })

  it('looks again at once where the cursor went on', async () => {
    const { waiting, looks } = waitingFor([
      { events: [], next: 7 },
      { events: [], next: 9 },
      { events: ['e'], next: 10 },
    ])
    expect((await waitForEvents(waiting)).page).toEqual(['e'])
    expect(looks.map(({ cursor }) => cursor)).toEqual([1, 7, 9])
  })

  it('does not wait where nothing more can come, or for no time', async () => {
    const ended = waitingFor([{ events: [], next: null }])
    expect((await waitForEvents(ended.waiting)).page).toEqual([])
    const hurried = waitingFor([nothing], { endsAtMs: Date.now() })
    expect((await waitForEvents(hurried.waiting)).hasPermit).toBe(true)
    expect([ended.looks.length, hurried.looks.length]).toEqual([1, 1])
  })

  it('stops when the client goes, without another look, and gives its permit back', async () => {
    const controller = new AbortController()
    const permits = permitsOf(1)
    const { waiting, looks } = waitingFor([nothing], { signal: controller.signal, permits })
    const waited = waitForEvents(waiting)
    await vi.advanceTimersByTimeAsync(100)
    const seen = looks.length
    controller.abort()
    expect((await waited).page).toEqual([])
    expect(looks).toHaveLength(seen)
    expect(freePermits(permits, 'other')).toBe(1)
  })

  it('ends with the refusal of a caller who may not go on, and gives its permit back', async () => {
    const permits = permitsOf(1)
    const { waiting } = waitingFor([nothing], {
      permits,
      checkAgain: () => Promise.reject(new Error('suspended')),
    })
    const waited = waitForEvents(waiting).catch((error: unknown) => String(error))
    await vi.runAllTimersAsync()
    expect(await waited).toContain('suspended')
    expect(freePermits(permits, 'other')).toBe(1)
  })

  it('takes a permit only where there is nothing, and answers at once where all are taken', async () => {
    const permits = permitsOf(2)
    permits.take('one')
    permits.take('two')
    const full = waitingFor([nothing], { permits })
    expect(await waitForEvents(full.waiting)).toEqual({ page: [], hasPermit: false })
    const found = waitingFor([{ events: ['e'], next: 2 }], { permits })
    expect(await waitForEvents(found.waiting)).toEqual({ page: ['e'], hasPermit: true })
  })

  it('is refused where its tenant has its share of the permits; what is there already it gets all the same', async () => {
    const permits = permitsOf(8)
    for (let taken = 0; taken < 4; taken += 1) permits.take('acme')
    const beyond = waitingFor([nothing], { permits })
    await expect(waitForEvents(beyond.waiting)).rejects.toMatchObject({
      code: 'TENANT_SHARE_HELD',
      status: 429,
    })
    const found = waitingFor([{ events: ['e'], next: 2 }], { permits })
    expect(await waitForEvents(found.waiting)).toEqual({ page: ['e'], hasPermit: true })
    const other = waitingFor([nothing, { events: ['e'], next: 2 }], { permits, holder: 'other' })
    const waited = waitForEvents(other.waiting)
    await vi.runAllTimersAsync()
    expect((await waited).page).toEqual(['e'])
    expect(freePermits(permits, 'a', 'b', 'c', 'd', 'e')).toBe(4)
  })
})
