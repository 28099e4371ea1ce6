import { expect, it } from 'vitest'
import { appendOf, codeOfRefusal, noted, readWhole } from '../../support.ts'
import { freshStream, sharedTenant } from '../subject.ts'
import type { Subject } from '../subject.ts'

export function idempotencyKeys(subject: Subject): void {
  const acme = sharedTenant(subject)
  const keyed = (key: string, fingerprint = `request ${key}`) => ({
    key,
    fingerprint: Buffer.from(fingerprint),
  })

  it('gets the first answer again, to the letter, also when the stream has more events by now', async () => {
    const streamId = freshStream()
    const request = appendOf(streamId, {
      events: noted(3),
      expected: { mode: 'none' },
      idempotency: keyed(streamId),
    })
    const first = await subject.store.append(acme(), request)
    await subject.store.append(acme(), appendOf(streamId))
    expect(await subject.store.append(acme(), request)).toEqual({
      ...first,
      replayed: true,
      replayedByKey: true,
    })
    expect(await readWhole(subject.store, acme(), streamId)).toHaveLength(4)
  })

  it('is refused for another request, which writes nothing', async () => {
    const streamId = freshStream()
    await subject.store.append(acme(), appendOf(streamId, { idempotency: keyed(streamId, 'one') }))
    for (const request of [
      appendOf(streamId, { idempotency: keyed(streamId, 'two') }),
      appendOf(freshStream(), { idempotency: keyed(streamId, 'three') }),
      appendOf(streamId, { idempotency: keyed(streamId, 'four'), expected: { mode: 'none' } }),
    ]) {
      await expect(subject.store.append(acme(), request)).rejects.toMatchObject({
        code: 'IDEMPOTENCY_KEY_REUSED',
        status: 422,
      })
    }
    expect(await readWhole(subject.store, acme(), streamId)).toHaveLength(1)
  })

  it('is free again after a request that failed', async () => {
    const streamId = freshStream()
    const idempotency = keyed(streamId)
    const refused = appendOf(streamId, { expected: { mode: 'exists' }, idempotency })
    await expect(subject.store.append(acme(), refused)).rejects.toMatchObject({ code: 'VERSION_CONFLICT' })
    const events = [{ id: `taken-${streamId}`, type: 'A', data: 1 }]
    await subject.store.append(acme(), appendOf(freshStream(), { events }))
    await expect(
      subject.store.append(acme(), appendOf(streamId, { events, idempotency })),
    ).rejects.toMatchObject({ code: 'EVENT_ID_EXISTS' })
    expect(await subject.store.append(acme(), appendOf(streamId, { idempotency }))).toMatchObject({
      version: 1,
      replayed: false,
    })
  })

  it('may be any text, and gives ids back as they were', async () => {
    const ids = ['"', '\\', ',', '(a,b)', '""', '\\"\\', '{}', "'", 'ü\u2028😀', ' ']
    const request = appendOf(freshStream(), {
      events: ids.map((id) => ({ id: `key ${id}`, type: 'A', data: id })),
      idempotency: keyed('odd "key" (\\,)'),
    })
    const first = await subject.store.append(acme(), request)
    expect(first.events.map(({ id }) => id)).toEqual(ids.map((id) => `key ${id}`))
    expect(await subject.store.append(acme(), request)).toEqual({
      ...first,
      replayed: true,
      replayedByKey: true,
    })
  })

  it('is that of one of many who race with it on one stream, and all get its answer', async () => {
    const request = appendOf(freshStream(), {
      events: noted(2),
      expected: { mode: 'none' },
      idempotency: keyed('raced'),
    })
    const results = await Promise.all(Array.from({ length: 12 }, () => subject.store.append(acme(), request)))
    expect(results.filter(({ replayed }) => !replayed)).toHaveLength(1)
    const answers = results.map(({ events, consistencyToken }) =>
      JSON.stringify({ events, consistencyToken }),
    )
    expect(new Set(answers).size).toBe(1)
  })

  it('goes to one of many who race with it for different streams; the others are refused without a trace', async () => {
    const streams = Array.from({ length: 8 }, freshStream)
    const outcomes = await Promise.all(
      streams.map((streamId) =>
        codeOfRefusal(
          subject.store.append(acme(), appendOf(streamId, { idempotency: keyed('apart', streamId) })),
        ),
      ),
    )
    expect(outcomes.toSorted()).toEqual([
      ...Array.from({ length: 7 }, () => 'IDEMPOTENCY_KEY_REUSED'),
      'done',
    ])
    const there = await Promise.all(
      streams.map((streamId) => codeOfRefusal(subject.store.streamInfo(acme(), streamId))),
    )
    expect(there.filter((code) => code === 'done')).toHaveLength(1)
  })
}
