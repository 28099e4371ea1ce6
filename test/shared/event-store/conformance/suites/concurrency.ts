import { expect, it } from 'vitest'
import type { AppendRequest, Expectation } from '../../../../../shared/event-store/index.ts'
import { appendOf, codeOfRefusal, noted, readFeedUntil, readWhole } from '../../support.ts'
import { freshStream, sharedTenant } from '../subject.ts'
import type { Subject } from '../subject.ts'

const WRITERS = 20

export function concurrency(subject: Subject): void {
  const acme = sharedTenant(subject)
  const all = <T>(work: (index: number) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: WRITERS }, (_, index) => work(index)))

  it('in mode any all are written, with versions one after the other', async () => {
    const streamId = freshStream()
    const results = await all((index) =>
      subject.store.append(acme(), appendOf(streamId, { events: [{ type: 'N', data: index }] })),
    )
    expect(results.map(({ version }) => version).sort((a, b) => a - b)).toEqual(
      results.map((_, index) => index + 1),
    )
    const events = await readWhole(subject.store, acme(), streamId)
    for (const [index, { version }] of results.entries()) expect(events[version - 1]?.data).toBe(index)
  })

  it.each<[string, Expectation, number]>([
    ['none', { mode: 'none' }, 0],
    ['version 3', { mode: 'version', version: 3 }, 3],
  ])('in mode %s one is written and the others conflict', async (_name, expected, before) => {
    const streamId = freshStream()
    if (before > 0) await subject.store.append(acme(), appendOf(streamId, { events: noted(before) }))
    const outcomes = await all(() =>
      codeOfRefusal(subject.store.append(acme(), appendOf(streamId, { expected }))),
    )
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1)
    expect(outcomes.filter((outcome) => outcome === 'VERSION_CONFLICT')).toHaveLength(WRITERS - 1)
    expect((await subject.store.streamInfo(acme(), streamId)).version).toBe(before + 1)
  })

  it('who reads and tries again at the version that was told gets every event in, in order', async () => {
    const streamId = freshStream()
    const increment = async (): Promise<void> => {
      for (let version = 0; ;) {
        const request = appendOf(streamId, {
          expected: { mode: 'version', version },
          events: [{ type: 'Counted', data: version + 1 }],
        })
        const refusal: unknown = await subject.store.append(acme(), request).then(
          () => undefined,
          (error: unknown) => error,
        )
        if (refusal === undefined) return
        version = (refusal as { extensions: { currentVersion: number } }).extensions.currentVersion
      }
    }
    await Promise.all(Array.from({ length: 8 }, increment))
    const events = await readWhole(subject.store, acme(), streamId)
    expect(events.map(({ data }) => data)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })

  it('the feed holds what every writer wrote, in the order of each stream', async () => {
    const bolt = await subject.tenant()
    await all((index) => subject.store.append(bolt, appendOf(`s-${index % 3}`, { events: noted(2) })))
    const { events } = await readFeedUntil(subject.store, bolt, WRITERS * 2)
    for (const streamId of ['s-0', 's-1', 's-2']) {
      const versions = events.filter((event) => event.streamId === streamId).map(({ version }) => version)
      expect(versions).toEqual(versions.map((_, index) => index + 1))
    }
  })

  it('the time of recording never runs backwards within a stream', async () => {
    const streamId = freshStream()
    await all(() => subject.store.append(acme(), appendOf(streamId)))
    const times = (await readWhole(subject.store, acme(), streamId)).map(({ recordedAt }) =>
      recordedAt.slice(0, -1).padEnd(20, '.').padEnd(26, '0'),
    )
    expect(times).toEqual(times.toSorted())
  })

  it('has one time for an event that is given none, for its recording and for its stream', async () => {
    const streams = Array.from({ length: 3 * WRITERS }, freshStream)
    await Promise.all(
      streams.map((streamId) => subject.store.append(acme(), appendOf(streamId, { events: noted(2) }))),
    )
    for (const streamId of streams) {
      const events = await readWhole(subject.store, acme(), streamId)
      const [{ recordedAt } = { recordedAt: '' }] = events
      expect(events.map((event) => [event.time, event.recordedAt])).toEqual(
        events.map(() => [recordedAt, recordedAt]),
      )
      expect(await subject.store.streamInfo(acme(), streamId)).toMatchObject({
        createdAt: recordedAt,
        updatedAt: recordedAt,
      })
    }
  })

  it('gives every caller the answer to its own request, whatever befalls the others', async () => {
    const bolt = await subject.tenant()
    const known = { id: `known-${freshStream()}`, type: 'A', data: 1 }
    const used = { key: freshStream(), fingerprint: Buffer.from('one') }
    await subject.store.append(
      bolt,
      appendOf('typed', { streamType: 'order', events: [known], idempotency: used }),
    )
    const requests: [AppendRequest, string][] = [
      [appendOf('typed', { streamType: 'invoice' }), 'STREAM_TYPE_MISMATCH'],
      [appendOf('elsewhere-1', { events: [known] }), 'EVENT_ID_EXISTS'],
      [
        appendOf('elsewhere-2', { idempotency: { ...used, fingerprint: Buffer.from('two') } }),
        'IDEMPOTENCY_KEY_REUSED',
      ],
      [appendOf('elsewhere-3', { expected: { mode: 'exists' } }), 'VERSION_CONFLICT'],
      [appendOf('elsewhere-4', { events: [] }), 'VALIDATION_FAILED'],
      [appendOf('typed', { streamType: 'order', events: [known], idempotency: used }), 'done'],
    ]
    const crowd = Array.from({ length: 2 * WRITERS }, (_, index): [AppendRequest, string] => [
      appendOf(`crowd-${index}`, { events: noted((index % 3) + 1) }),
      'done',
    ])
    const mixed = crowd.flatMap((one, index) => [one, ...requests.slice(index, index + 1)])
    const outcomes = await Promise.all(
      mixed.map(([request]) => codeOfRefusal(subject.store.append(bolt, request))),
    )
    expect(outcomes).toEqual(mixed.map(([, expected]) => expected))
    for (const [index, [{ streamId }]] of crowd.entries()) {
      expect(await readWhole(subject.store, bolt, streamId)).toHaveLength((index % 3) + 1)
    }
    expect((await subject.store.streamInfo(bolt, 'typed')).version).toBe(1)
  })
}
