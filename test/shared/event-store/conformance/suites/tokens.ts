import { expect, it } from 'vitest'
import { appendOf, noted, readFeedUntil } from '../../support.ts'
import type { Subject } from '../subject.ts'

export function tokens(subject: Subject): void {
  it('of a feed name its point, and its epoch is that of the appends', async () => {
    const acme = await subject.tenant()
    const result = await subject.store.append(acme, appendOf('s', { events: noted(3) }))
    const { pages } = await readFeedUntil(subject.store, acme, 3)
    const end = subject.tools.checkpointOf(acme, pages.at(-1)?.next ?? '')
    const written = subject.tools.consistencyOf(acme, result.consistencyToken)
    expect(written).toMatchObject({ epoch: end.epoch, xid: end.xid, version: 3n, timeline: 1 })
  })

  it('of appends come in the order of the appends', async () => {
    const acme = await subject.tenant()
    const xids: bigint[] = []
    for (let round = 0; round < 3; round += 1) {
      const { consistencyToken } = await subject.store.append(acme, appendOf(`s-${round}`))
      xids.push(subject.tools.consistencyOf(acme, consistencyToken).xid)
    }
    expect(xids).toEqual([...new Set(xids)].sort((a, b) => Number(a - b)))
  })

  it('of another tenant or another kind, or damaged ones, are refused', async () => {
    const [acme, bolt] = [await subject.tenant(), await subject.tenant()]
    await subject.store.append(acme, appendOf('s'))
    const { next } = await subject.store.readFeed(bolt, { limit: 1 })
    const point = { epoch: '6ba7b810-9dad-41d1-80b4-00c04fd430c8', xid: 1n, version: 1n, timeline: 1 }
    const swapped = next.endsWith('A') ? `${next.slice(0, -1)}Q` : `${next.slice(0, -1)}A`
    for (const after of [next, subject.tools.consistencyToken(acme, point), swapped, 'nonsense', '']) {
      await expect(subject.store.readFeed(acme, { after, limit: 1 })).rejects.toMatchObject({
        code: 'INVALID_CURSOR',
        status: 400,
      })
    }
  })

  it('of a point that was never reached give an empty page and keep their place', async () => {
    const acme = await subject.tenant()
    await subject.store.append(acme, appendOf('s'))
    const { next } = await subject.store.readFeed(acme, { limit: 1 })
    const { epoch } = subject.tools.checkpointOf(acme, next)
    const after = subject.tools.checkpointToken(acme, {
      epoch,
      xid: 2n ** 63n - 1n,
      position: 2n ** 63n - 1n,
    })
    expect(await subject.store.readFeed(acme, { after, limit: 1 })).toMatchObject({ events: [], next: after })
  })

  it('of another epoch are refused, with a point to go on from', async () => {
    const acme = await subject.tenant()
    await subject.store.append(acme, appendOf('s', { events: noted(2) }))
    await readFeedUntil(subject.store, acme, 2)
    const after = subject.tools.checkpointToken(acme, {
      epoch: '6ba7b810-9dad-41d1-80b4-00c04fd430c8',
      xid: 2n ** 60n,
      position: 1n,
    })
    const refusal: unknown = await subject.store
      .readFeed(acme, { after, limit: 10 })
      .catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'EPOCH_ENDED', status: 410 })
    const { resumeAfter } = (refusal as { extensions: { resumeAfter: string } }).extensions
    expect((await subject.store.readFeed(acme, { after: resumeAfter, limit: 10 })).events).toHaveLength(2)
  })
}
