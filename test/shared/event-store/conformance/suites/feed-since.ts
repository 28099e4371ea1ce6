import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { appendOf, noted, readFeedUntil, viewsOf } from '../../support.ts'
import type { EventView } from '../../support.ts'
import type { Subject } from '../subject.ts'

export function feedSince(subject: Subject): void {
  /** Three appends of two events each, at three times. */
  async function threeTimes() {
    const acme = await subject.tenant()
    for (let round = 0; round < 3; round += 1) {
      await subject.store.append(acme, appendOf('s', { events: noted(2, { type: `T${round}` }) }))
      await pause(5)
    }
    const { events, pages } = await readFeedUntil(subject.store, acme, 6)
    return { acme, events, end: pages.at(-1)?.next ?? '' }
  }
  const timeOf = (events: readonly EventView[], index: number): string => events[index]?.recordedAt ?? ''
  const versions = (texts: readonly string[]): number[] => viewsOf(texts).map(({ version }) => version)

  it('begins with the first event that was recorded at or after the time', async () => {
    const { acme, events } = await threeTimes()
    for (const [index, expected] of [
      [0, [1, 2, 3, 4, 5, 6]],
      [2, [3, 4, 5, 6]],
      [4, [5, 6]],
    ] as const) {
      const page = await subject.store.readFeed(acme, { since: timeOf(events, index), limit: 100 })
      expect(versions(page.events)).toEqual(expected)
    }
  })

  it('takes a time before the log, one after it, and one with another offset', async () => {
    const { acme } = await threeTimes()
    expect(
      (await subject.store.readFeed(acme, { since: '2000-01-01T00:00:00Z', limit: 100 })).events,
    ).toHaveLength(6)
    const after = await subject.store.readFeed(acme, { since: '2999-01-01T00:00:00Z', limit: 100 })
    expect(after.events).toEqual([])
    const zoned = { since: '2000-01-01T02:00:00.000001+02:00', limit: 100 }
    expect((await subject.store.readFeed(acme, zoned)).events).toHaveLength(6)
  })

  it('keeps filters and limit, and goes on by the token', async () => {
    const { acme, events } = await threeTimes()
    const first = await subject.store.readFeed(acme, { since: timeOf(events, 2), limit: 1 })
    expect(versions(first.events)).toEqual([3])
    expect(versions((await subject.store.readFeed(acme, { after: first.next, limit: 100 })).events)).toEqual([
      4, 5, 6,
    ])
    const filtered = await subject.store.readFeed(acme, {
      since: timeOf(events, 0),
      types: ['T2'],
      limit: 100,
    })
    expect(versions(filtered.events)).toEqual([5, 6])
  })
}
