import { expect, it } from 'vitest'
import type { Expectation } from '../../../../../shared/event-store/index.ts'
import { appendOf, noted, readWhole } from '../../support.ts'
import { freshStream, sharedTenant } from '../subject.ts'
import type { Subject } from '../subject.ts'

export function modes(subject: Subject): void {
  const acme = sharedTenant(subject)

  /** A stream of its own at a version. */
  async function streamAt(version: number): Promise<string> {
    const streamId = freshStream()
    if (version > 0) await subject.store.append(acme(), appendOf(streamId, { events: noted(version) }))
    return streamId
  }

  it.each<[string, Expectation, number]>([
    ['any', { mode: 'any' }, 0],
    ['any', { mode: 'any' }, 2],
    ['none', { mode: 'none' }, 0],
    ['exists', { mode: 'exists' }, 2],
    ['version 0', exactly(0), 0],
    ['version 2', exactly(2), 2],
  ])('%s is met by a stream at version %3$i', async (_name, expected, before) => {
    const streamId = await streamAt(before)
    const result = await subject.store.append(acme(), appendOf(streamId, { expected, events: noted(2) }))
    expect(result).toMatchObject({
      streamId,
      firstVersion: before + 1,
      version: before + 2,
      events: [{ version: before + 1 }, { version: before + 2 }],
      replayed: false,
      replayedByKey: false,
    })
    const stored = await readWhole(subject.store, acme(), streamId)
    expect(stored.slice(before).map(({ id }) => id)).toEqual(result.events.map(({ id }) => id))
    expect(stored).toHaveLength(before + 2)
  })

  it.each<[string, Expectation, number, unknown]>([
    ['none', { mode: 'none' }, 2, 'none'],
    ['exists', { mode: 'exists' }, 0, 'exists'],
    ['version 0', exactly(0), 2, 0],
    ['version 1', exactly(1), 2, 1],
    ['version 3', exactly(3), 2, 3],
    ['version 1', exactly(1), 0, 1],
  ])(
    '%s is refused by a stream at version %3$i, which stays as it was',
    async (_name, expected, before, told) => {
      const streamId = await streamAt(before)
      await expect(subject.store.append(acme(), appendOf(streamId, { expected }))).rejects.toMatchObject({
        code: 'VERSION_CONFLICT',
        status: 412,
        retryable: false,
        extensions: { streamId, currentVersion: before, expected: told },
        headers: before === 0 ? {} : { ETag: `"${before}"` },
      })
      const info = await subject.store.streamInfo(acme(), streamId).catch(() => ({ version: 0 }))
      expect(info.version).toBe(before)
    },
  )

  it('keeps ids that are given, and makes those that are not', async () => {
    const { events } = await subject.store.append(
      acme(),
      appendOf(freshStream(), { events: [{ id: 'mode-given', type: 'A', data: 1 }, ...noted(2)] }),
    )
    expect(events[0]).toEqual({ id: 'mode-given', version: 1 })
    expect(new Set(events.map(({ id }) => id)).size).toBe(3)
    expect(events.every(({ id }) => id.length > 0)).toBe(true)
  })

  it('writes nothing for a caller that has disconnected', async () => {
    const streamId = freshStream()
    const signal = AbortSignal.abort(new Error('gone'))
    const refusal: unknown = await subject.store
      .append(acme(), appendOf(streamId, { signal }))
      .catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(Error)
    await expect(subject.store.streamInfo(acme(), streamId)).rejects.toMatchObject({
      code: 'STREAM_NOT_FOUND',
    })
  })
}

const exactly = (version: number): Expectation => ({ mode: 'version', version })
