import { describe, expect, it } from 'vitest'
import type { AppendAllRequest, Expectation, StreamWrite } from '../../../../../shared/event-store/index.ts'
import { appendOf, noted, readFeedUntil, readWhole } from '../../support.ts'
import { freshStream, sharedTenant } from '../subject.ts'
import type { Subject } from '../subject.ts'

export function severalStreams(subject: Subject): void {
  const acme = sharedTenant(subject)
  const appendAll = (request: AppendAllRequest) => subject.store.appendAll(acme(), request)
  const versionOf = (streamId: string): Promise<number> =>
    subject.store.streamInfo(acme(), streamId).then(
      ({ version }) => version,
      () => 0,
    )

  describe('an append to several streams', () => {
    it('writes all of them, each with versions of its own, and answers in the order of the request', async () => {
      const [a, b] = [freshStream(), freshStream()]
      await appendAll({ streams: [writeTo(b, 2)] })
      const result = await appendAll({
        streams: [writeTo(a, 2, { expected: { mode: 'none' } }), writeTo(b, 3, { expected: exactly(2) })],
      })
      expect(result).toMatchObject({
        streams: [
          { streamId: a, firstVersion: 1, version: 2 },
          { streamId: b, firstVersion: 3, version: 5 },
        ],
        replayed: false,
        replayedByKey: false,
      })
      for (const { streamId, version, events } of result.streams) {
        const stored = await readWhole(subject.store, acme(), streamId)
        expect(stored).toHaveLength(version)
        expect(stored.slice(-events.length).map(({ id, version: at }) => ({ id, version: at }))).toEqual(
          events,
        )
      }
    })

    it('stands in the feed in one piece, in the order of the request', async () => {
      const bolt = await subject.tenant()
      const { streams } = await subject.store.appendAll(bolt, { streams: [writeTo('z', 2), writeTo('a', 2)] })
      const { events } = await readFeedUntil(subject.store, bolt, 4)
      expect(events.map(({ id }) => id)).toEqual(
        streams.flatMap((stream) => stream.events.map(({ id }) => id)),
      )
      expect(new Set(events.map(({ recordedAt }) => recordedAt)).size).toBe(1)
    })

    it('writes nothing at all when one of them is not where it was expected', async () => {
      const [fresh, known] = [freshStream(), freshStream()]
      await appendAll({ streams: [writeTo(known)] })
      await expect(
        appendAll({ streams: [writeTo(fresh), writeTo(known, 1, { expected: exactly(5) })] }),
      ).rejects.toMatchObject({
        code: 'VERSION_CONFLICT',
        extensions: { streamId: known, currentVersion: 1, expected: 5 },
      })
      expect(await versionOf(fresh)).toBe(0)
      expect(await versionOf(known)).toBe(1)
    })

    it('checks the type of each, and keeps the type that each is given', async () => {
      const [order, other] = [freshStream(), freshStream()]
      await appendAll({ streams: [writeTo(order, 1, { streamType: 'order' })] })
      await expect(
        appendAll({
          streams: [writeTo(other, 1, { streamType: 'x' }), writeTo(order, 1, { streamType: 'y' })],
        }),
      ).rejects.toMatchObject({ code: 'STREAM_TYPE_MISMATCH' })
      expect(await versionOf(other)).toBe(0)
      await appendAll({ streams: [writeTo(other, 1, { streamType: 'x' }), writeTo(order)] })
      expect((await subject.store.streamInfo(acme(), other)).streamType).toBe('x')
      expect((await subject.store.streamInfo(acme(), order)).streamType).toBe('order')
    })

    it('is found again by its key', async () => {
      const request = {
        streams: [writeTo(freshStream(), 2), writeTo(freshStream())],
        idempotency: { key: `all-${freshStream()}`, fingerprint: Buffer.from('f') },
      }
      const first = await appendAll(request)
      expect(await appendAll(request)).toEqual({ ...first, replayed: true, replayedByKey: true })
      const other = { ...request, idempotency: { ...request.idempotency, fingerprint: Buffer.from('g') } }
      await expect(appendAll(other)).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' })
    })

    it('is found again by its ids, also when its conditions do not hold any more', async () => {
      const [a, b] = [freshStream(), freshStream()]
      const given = (streamId: string): StreamWrite => ({
        streamId,
        expected: { mode: 'none' },
        events: [{ id: `of-${streamId}`, type: 'A', data: 1 }],
      })
      const request = { streams: [given(a), given(b)] }
      const first = await appendAll(request)
      await subject.store.append(acme(), appendOf(a))
      expect(await appendAll(request)).toEqual({ ...first, replayed: true, replayedByKey: false })
      await expect(appendAll({ streams: [given(a), writeTo(b)] })).rejects.toMatchObject({
        code: 'EVENT_ID_EXISTS',
        extensions: { eventId: `of-${a}` },
      })
      expect(await versionOf(b)).toBe(1)
    })

    it.each<[string, (s: string) => AppendAllRequest]>([
      ['no stream', () => ({ streams: [] })],
      ['a stream without an event', (s) => ({ streams: [writeTo(s), writeTo(`${s}-2`, 0)] })],
      ['a stream twice', (s) => ({ streams: [writeTo(s), writeTo(s)] })],
      [
        'a stream that is written and a condition too',
        (s) => ({ streams: [writeTo(s)], conditions: [{ streamId: s, expected: { mode: 'none' } }] }),
      ],
    ])('is refused with %s', async (_what, requestFor) => {
      const streamId = freshStream()
      await expect(appendAll(requestFor(streamId))).rejects.toMatchObject({
        code: 'VALIDATION_FAILED',
        status: 400,
      })
      expect(await versionOf(streamId)).toBe(0)
    })

    it('counts the events of all of them', async () => {
      const streams = [writeTo(freshStream(), 600), writeTo(freshStream(), 401)]
      await expect(appendAll({ streams })).rejects.toMatchObject({ code: 'TOO_MANY_EVENTS' })
    })
  })

  describe('a condition on a stream that is not written', () => {
    const holding: [string, Expectation, number][] = [
      ['any', { mode: 'any' }, 0],
      ['none', { mode: 'none' }, 0],
      ['exists', { mode: 'exists' }, 2],
      ['version 2', exactly(2), 2],
    ]
    const broken: [string, Expectation, number][] = [
      ['none', { mode: 'none' }, 2],
      ['exists', { mode: 'exists' }, 0],
      ['version 1', exactly(1), 2],
      ['version 1', exactly(1), 0],
    ]

    /** Writes to a new stream under a condition on another one that is at a version. */
    async function under(expected: Expectation, before: number) {
      const [written, guard] = [freshStream(), freshStream()]
      if (before > 0) await appendAll({ streams: [writeTo(guard, before)] })
      const request = { streams: [writeTo(written)], conditions: [{ streamId: guard, expected }] }
      const outcome = await appendAll(request).catch((error: unknown) => error)
      return { written, guard, outcome, versions: [await versionOf(written), await versionOf(guard)] }
    }

    it.each(holding)(
      '%s, holds of a stream at version %3$i, which is not written',
      async (_name, expected, before) => {
        const { written, outcome, versions } = await under(expected, before)
        expect(outcome).toMatchObject({ streams: [{ streamId: written, version: 1 }] })
        expect(versions).toEqual([1, before])
      },
    )

    it.each(broken)('%s, is broken by a stream at version %3$i', async (_name, expected, before) => {
      const { guard, outcome, versions } = await under(expected, before)
      expect(outcome).toMatchObject({
        code: 'VERSION_CONFLICT',
        extensions: { streamId: guard, currentVersion: before },
      })
      expect(versions).toEqual([0, before])
    })
  })
}

const writeTo = (streamId: string, count = 1, overrides: Partial<StreamWrite> = {}): StreamWrite => ({
  streamId,
  expected: { mode: 'any' },
  events: noted(count),
  ...overrides,
})
const exactly = (version: number): Expectation => ({ mode: 'version', version })
