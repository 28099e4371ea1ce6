import { expect, it } from 'vitest'
import { eventLimits } from '../../../../../shared/event-store/index.ts'
import { appendOf, noted, readFeedUntil } from '../../support.ts'
import type { Subject } from '../subject.ts'

export function feedTypes(subject: Subject): void {
  it('gives the events of these types only, and stops after the last that fits the limit', async () => {
    const acme = await subject.tenant()
    for (const type of ['A', 'B', 'C'])
      await subject.store.append(acme, appendOf(type, { events: noted(2, { type }) }))
    await readFeedUntil(subject.store, acme, 6)
    const { events, pages } = await readFeedUntil(subject.store, acme, 4, {
      types: ['A', 'C', 'None'],
      limit: 1,
    })
    expect(events.map(({ type, version }) => `${type}${version}`)).toEqual(['A1', 'A2', 'C1', 'C2'])
    expect(pages.every((page) => page.events.length <= 1)).toBe(true)
    for (const types of [[], ['None']]) {
      const page = await subject.store.readFeed(acme, { types, limit: 10 })
      expect(page.events).toEqual([])
      expect(await subject.store.readFeed(acme, { after: page.next, limit: 10 })).toMatchObject({
        events: [],
        next: page.next,
      })
    }
  })

  it('keeps an event whose data is null', async () => {
    const acme = await subject.tenant()
    await subject.store.append(acme, appendOf('s', { events: [{ type: 'Rare', data: null }] }))
    expect((await readFeedUntil(subject.store, acme, 1, { types: ['Rare'] })).events).toMatchObject([
      { data: null },
    ])
  })

  it('looks at no more rows than the cap, and goes on from there: an empty page is not the end', async () => {
    const acme = await subject.tenant()
    let written = 0
    for (; written <= eventLimits.feedScanMax; written += 1_000)
      await subject.store.append(
        acme,
        appendOf(`common-${written}`, { events: noted(1_000, { type: 'Common' }) }),
      )
    await subject.store.append(acme, appendOf('rare', { events: noted(1, { type: 'Rare' }) }))
    await readFeedUntil(subject.store, acme, written + 1, { limit: 1_000 })
    const page = await subject.store.readFeed(acme, { types: ['Rare'], limit: 10 })
    expect(page.events).toEqual([])
    const unfiltered = await subject.store.readFeed(acme, { after: page.next, limit: 1_000 })
    expect(unfiltered.events).toHaveLength(written - eventLimits.feedScanMax)
    expect(
      await subject.store.readFeed(acme, { after: page.next, types: ['Rare'], limit: 10 }),
    ).toMatchObject({
      events: [expect.stringContaining('"type":"Rare"')],
    })
  })
}
