import { expect, it } from 'vitest'
import type { FeedQuery } from '../../../../../shared/event-store/index.ts'
import type { TenantContext } from '../../../../../shared/tenancy/index.ts'
import { appendOf, noted, readFeedUntil, viewsOf } from '../../support.ts'
import type { Subject } from '../subject.ts'

export function feedFilters(subject: Subject): void {
  /** Orders, invoices and a stream without a type, two events each. */
  async function mixedLog(): Promise<TenantContext> {
    const acme = await subject.tenant()
    for (const [streamId, streamType] of [
      ['order', 'Order'],
      ['invoice', 'Invoice'],
      ['plain', undefined],
    ] as const) {
      const events = [...noted(1, { type: 'Made' }), ...noted(1, { type: 'Paid' })]
      await subject.store.append(acme, appendOf(streamId, { streamType, events }))
    }
    await readFeedUntil(subject.store, acme, 6)
    return acme
  }
  const read = async (tenant: TenantContext, query: Partial<FeedQuery>): Promise<string[]> =>
    viewsOf((await subject.store.readFeed(tenant, { limit: 100, ...query })).events).map(
      ({ streamId, type }) => `${streamId} ${type}`,
    )

  it('gives the events of streams of these types only', async () => {
    const acme = await mixedLog()
    expect(await read(acme, { streamTypes: ['Order'] })).toEqual(['order Made', 'order Paid'])
    expect(await read(acme, { streamTypes: ['Invoice', 'Order'] })).toHaveLength(4)
    expect(await read(acme, { streamTypes: ['None'] })).toEqual([])
    expect(await read(acme, { streamTypes: [] })).toEqual([])
  })

  it('asks for both, where both are given', async () => {
    const acme = await mixedLog()
    expect(await read(acme, { streamTypes: ['Order', 'Invoice'], types: ['Paid'] })).toEqual([
      'order Paid',
      'invoice Paid',
    ])
  })

  it('goes on after what it has looked at', async () => {
    const acme = await mixedLog()
    const found: string[] = []
    let after: string | undefined
    for (let pages = 0; pages < 4; pages += 1) {
      const page = await subject.store.readFeed(acme, { after, streamTypes: ['Invoice'], limit: 1 })
      found.push(...viewsOf(page.events).map(({ type }) => type))
      after = page.next
    }
    expect(found).toEqual(['Made', 'Paid'])
    expect(await read(acme, { after })).toEqual([])
  })

  it('knows the type that a stream had when an event was written', async () => {
    const acme = await subject.tenant()
    for (const streamType of [undefined, 'Late', undefined])
      await subject.store.append(acme, appendOf('s', { streamType }))
    await readFeedUntil(subject.store, acme, 3)
    const page = await subject.store.readFeed(acme, { streamTypes: ['Late'], limit: 10 })
    expect(viewsOf(page.events).map(({ version }) => version)).toEqual([2, 3])
  })
}
