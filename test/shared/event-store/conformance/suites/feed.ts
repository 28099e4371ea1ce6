import { expect, it } from 'vitest'
import { appendOf, noted, readFeedUntil, viewsOf } from '../../support.ts'
import type { Subject } from '../subject.ts'

export function feed(subject: Subject): void {
  it('holds all events of its tenant and none of another, in the order of the appends', async () => {
    const [acme, bolt] = [await subject.tenant(), await subject.tenant()]
    const expected: string[] = []
    for (let round = 0; round < 5; round += 1) {
      for (const tenant of [acme, bolt]) {
        const { events } = await subject.store.append(
          tenant,
          appendOf(`s-${round % 2}`, { events: noted(3) }),
        )
        if (tenant === acme) expected.push(...events.map(({ id }) => id))
      }
    }
    const { events } = await readFeedUntil(subject.store, acme, 15)
    expect(events.map(({ id }) => id)).toEqual(expected)
    expect(events[4]).toMatchObject({
      streamId: 's-1',
      version: 2,
      type: 'Noted',
      data: { n: 2 },
      metadata: {},
    })
  })

  it('prints an event as its stream does', async () => {
    const acme = await subject.tenant()
    await subject.store.append(acme, appendOf('s', { events: noted(2, { metadata: { b: 1, a: 2 } }) }))
    const { pages } = await readFeedUntil(subject.store, acme, 2)
    const stream = await subject.store.readStream(acme, { streamId: 's', backward: false, limit: 9 })
    expect(pages.flatMap(({ events }) => events)).toEqual(stream.events)
  })

  it('goes on after each page, whatever its size, and ends in an empty one that can be asked again', async () => {
    const acme = await subject.tenant()
    await subject.store.append(acme, appendOf('s', { events: noted(7) }))
    const { events, pages } = await readFeedUntil(subject.store, acme, 7, { limit: 2 })
    expect(events.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7])
    const last = pages.at(-1)?.next ?? ''
    expect(await subject.store.readFeed(acme, { after: last, limit: 2 })).toMatchObject({
      events: [],
      next: last,
    })
    await subject.store.append(acme, appendOf('s'))
    const more = await readFeedUntil(subject.store, acme, 1, { after: last })
    expect(more.events.map(({ version }) => version)).toEqual([8])
  })

  it('of a tenant without events is an empty page with a token to go on from', async () => {
    const acme = await subject.tenant()
    const page = await subject.store.readFeed(acme, { limit: 10 })
    expect(page.events).toEqual([])
    await subject.store.append(acme, appendOf('s'))
    expect((await readFeedUntil(subject.store, acme, 1, { after: page.next })).events).toHaveLength(1)
  })

  it('ends a page after the event that fills it with bytes', async () => {
    const acme = await subject.tenant()
    const large = { type: 'Large', data: 'x'.repeat(1_048_000) }
    for (const count of [7, 4])
      await subject.store.append(acme, appendOf('s', { events: Array.from({ length: count }, () => large) }))
    await readFeedUntil(subject.store, acme, 11)
    const page = await subject.store.readFeed(acme, { limit: 100 })
    expect(viewsOf(page.events).map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  it('holds all events although one of them is large', async () => {
    const acme = await subject.tenant()
    const events = [...noted(3), { type: 'Large', data: 'x'.repeat(200_000) }, ...noted(3)]
    await subject.store.append(acme, appendOf('s', { events }))
    await readFeedUntil(subject.store, acme, 7)
    const page = await subject.store.readFeed(acme, { limit: 100, withCheckpoints: true })
    expect(viewsOf(page.events).map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(page.checkpoints).toHaveLength(7)
    const fromFourth = await subject.store.readFeed(acme, { limit: 100, after: page.checkpoints?.[3] ?? '' })
    expect(viewsOf(fromFourth.events).map(({ version }) => version)).toEqual([5, 6, 7])
    const ofType = await subject.store.readFeed(acme, { limit: 100, types: ['Large'] })
    expect(viewsOf(ofType.events).map(({ version }) => version)).toEqual([4])
  })

  it('gives the same page to a caller that asks again', async () => {
    const acme = await subject.tenant()
    await subject.store.append(acme, appendOf('s', { events: noted(5) }))
    await readFeedUntil(subject.store, acme, 5)
    const page = await subject.store.readFeed(acme, { limit: 3 })
    expect(await subject.store.readFeed(acme, { limit: 3 })).toEqual(page)
  })
}
