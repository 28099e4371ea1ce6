import { beforeAll, expect, it } from 'vitest'
import type { StreamPage, StreamQuery } from '../../../../../shared/event-store/index.ts'
import { appendOf, noted, versionsOf } from '../../support.ts'
import { sharedTenant } from '../subject.ts'
import type { Subject } from '../subject.ts'

/** The versions from one to another, up or down. */
export const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.abs(to - from) + 1 }, (_, index) => (from < to ? from + index : from - index))

export function streamReads(subject: Subject): void {
  const acme = sharedTenant(subject)
  beforeAll(() => subject.store.append(acme(), appendOf('ten', { events: noted(10) })))
  const read = (query: Partial<StreamQuery> = {}): Promise<StreamPage> =>
    subject.store.readStream(acme(), { streamId: 'ten', backward: false, limit: 100, ...query })

  it.each<[string, Partial<StreamQuery>, number[], number | null]>([
    ['everything', {}, range(1, 10), null],
    ['the first', { limit: 3 }, [1, 2, 3], 4],
    ['from a version on, inclusive', { from: 4, limit: 3 }, [4, 5, 6], 7],
    ['up to the last', { from: 8, limit: 3 }, [8, 9, 10], null],
    ['the last', { from: 10, limit: 1 }, [10], null],
    ['beyond the end', { from: 11 }, [], null],
    ['from before the beginning', { from: 0, limit: 2 }, [1, 2], 3],
    ['everything backward', { backward: true }, range(10, 1), null],
    ['the newest', { backward: true, limit: 3 }, [10, 9, 8], 7],
    ['backward from a version, inclusive', { backward: true, from: 4, limit: 3 }, [4, 3, 2], 1],
    ['backward to the first', { backward: true, from: 3, limit: 3 }, [3, 2, 1], null],
    ['backward from beyond the end', { backward: true, from: 99, limit: 2 }, [10, 9], 8],
    ['backward from before the beginning', { backward: true, from: 0 }, [], null],
    ['a safe integer', { from: Number.MAX_SAFE_INTEGER }, [], null],
  ])('a page holds %s', async (_what, query, versions, next) => {
    const page = await read(query)
    expect(versionsOf(page.events)).toEqual(versions)
    expect(page).toMatchObject({ next, streamVersion: 10 })
  })

  it.each([false, true])('a page leads to all others by its next (backward: %s)', async (backward) => {
    const versions: number[] = []
    let from: number | null | undefined
    // Bounded: a store that never ends would keep the event loop from ending the test.
    for (let pages = 0; from !== null && pages < 5; pages += 1) {
      const page: StreamPage = await read({ backward, limit: 3, ...(from === undefined ? {} : { from }) })
      versions.push(...versionsOf(page.events))
      from = page.next
    }
    expect(versions).toEqual(backward ? range(10, 1) : range(1, 10))
  })

  it('a page ends after the event that fills it with bytes, of data and of metadata', async () => {
    const text = 'x'.repeat(1_048_000)
    for (const [streamId, large] of [
      ['data', { type: 'Large', data: text }],
      ['metadata', { type: 'Large', data: 1, metadata: { m: text } }],
    ] as const) {
      for (const count of [7, 4])
        await subject.store.append(
          acme(),
          appendOf(streamId, { events: Array.from({ length: count }, () => large) }),
        )
      const first = await read({ streamId })
      expect(versionsOf(first.events)).toEqual(range(1, 9))
      expect(first.next).toBe(10)
      expect(versionsOf((await read({ streamId, from: 10 })).events)).toEqual([10, 11])
      const backward = await read({ streamId, backward: true })
      expect(versionsOf(backward.events)).toEqual(range(11, 3))
      expect(backward.next).toBe(2)
    }
  })

  it.each([
    ['data', { type: 'Large', data: 'x'.repeat(200_000) }],
    ['data that the server stores in few bytes', { type: 'Large', data: { zeros: '0'.repeat(200_000) } }],
    ['metadata', { type: 'Large', data: 1, metadata: { m: 'x'.repeat(200_000) } }],
  ] as const)('a page holds all events although one of them is large by its %s', async (name, large) => {
    const streamId = `one-large-${name.replaceAll(' ', '-')}`
    const small = noted(3)
    await subject.store.append(acme(), appendOf(streamId, { events: [...small, large, ...small] }))
    for (const backward of [false, true]) {
      const page = await read({ streamId, backward })
      expect(versionsOf(page.events)).toEqual(backward ? range(7, 1) : range(1, 7))
      expect(page.next).toBeNull()
      const ofType = await read({ streamId, backward, types: ['Large'] })
      expect(versionsOf(ofType.events)).toEqual([4])
      expect(ofType.next).toBeNull()
    }
  })

  it('tells of the stream when it began and when it was last written', async () => {
    const [first, second] = [
      await subject.store.append(acme(), appendOf('info')),
      await subject.store.append(acme(), appendOf('info')),
    ]
    expect([first.version, second.version]).toEqual([1, 2])
    const events = (await read({ streamId: 'info' })).events.map(
      (text) => JSON.parse(text) as { recordedAt: string },
    )
    expect(await subject.store.streamInfo(acme(), 'info')).toEqual({
      streamId: 'info',
      version: 2,
      streamType: null,
      createdAt: events[0]?.recordedAt,
      updatedAt: events[1]?.recordedAt,
    })
  })

  it('refuses a stream that is not there, or that differs by case or by a character that a pattern could mean', async () => {
    for (const streamId of ['nowhere', 'TEN', 't_n', 'ten ', '%']) {
      const refusal = { code: 'STREAM_NOT_FOUND', status: 404 }
      await expect(read({ streamId })).rejects.toMatchObject(refusal)
      await expect(read({ streamId, backward: true })).rejects.toMatchObject(refusal)
      await expect(subject.store.streamInfo(acme(), streamId)).rejects.toMatchObject(refusal)
    }
  })
}
