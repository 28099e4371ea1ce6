import { expect, it } from 'vitest'
import { eventLimits } from '../../../../../shared/event-store/index.ts'
import type { ReservedName, StreamWrite } from '../../../../../shared/event-store/index.ts'
import { appendOf, codeOfRefusal } from '../../support.ts'
import { freshStream, sharedTenant } from '../subject.ts'
import type { Subject } from '../subject.ts'

export function names(subject: Subject): void {
  const acme = sharedTenant(subject)
  const email = (value: string): ReservedName => ({ set: 'email', value })
  type Names = Pick<StreamWrite, 'reservations' | 'releases'>
  const append = (streamId: string, changes: Names) =>
    subject.store.append(acme(), appendOf(streamId, changes))
  const versionOf = (streamId: string): Promise<number> =>
    subject.store.streamInfo(acme(), streamId).then(
      ({ version }) => version,
      () => 0,
    )

  it('can be held by one stream at a time, and a caller that is refused is told the holder', async () => {
    const [first, second] = [freshStream(), freshStream()]
    await append(first, { reservations: [email('a@x')] })
    await expect(append(second, { reservations: [email('b@x'), email('a@x')] })).rejects.toMatchObject({
      code: 'NAME_TAKEN',
      status: 409,
      extensions: { set: 'email', value: 'a@x', holder: first, streamId: second },
    })
    expect(await versionOf(second)).toBe(0)
    await append(second, { reservations: [email('b@x')] })
  })

  it('may be reserved again by the stream that holds it', async () => {
    const streamId = freshStream()
    for (let round = 1; round <= 2; round += 1) {
      expect(await append(streamId, { reservations: [email('again@x')] })).toMatchObject({ version: round })
    }
  })

  it('is free for others once it was released, and not before', async () => {
    const [first, second] = [freshStream(), freshStream()]
    await append(first, { reservations: [email('c@x')] })
    await append(first, { releases: [email('c@x')] })
    await append(second, { reservations: [email('c@x')] })
    await expect(append(first, { reservations: [email('c@x')] })).rejects.toMatchObject({
      extensions: { holder: second },
    })
  })

  it('that a stream does not hold can not be released by it', async () => {
    const [holder, other] = [freshStream(), freshStream()]
    await append(holder, { reservations: [email('d@x')] })
    for (const value of ['d@x', 'nobody@x']) {
      await expect(append(other, { releases: [email(value)] })).rejects.toMatchObject({
        code: 'NAME_NOT_HELD',
        status: 409,
        extensions: { set: 'email', value, holder: value === 'd@x' ? holder : null, streamId: other },
      })
    }
    expect(await versionOf(other)).toBe(0)
  })

  it('is of its set, and compared byte by byte', async () => {
    await append(freshStream(), { reservations: [email('e@x')] })
    for (const name of [
      { set: 'phone', value: 'e@x' },
      email('E@x'),
      email('e@x '),
      email('e\u0301@x'),
      email('é@x'),
    ]) {
      expect(await codeOfRefusal(append(freshStream(), { reservations: [name] }))).toBe('done')
    }
  })

  it('is given up before any is reserved: a stream may change its name, and two may swap theirs', async () => {
    const [a, b] = [freshStream(), freshStream()]
    await append(a, { reservations: [email('f@x')] })
    await append(a, { releases: [email('f@x')], reservations: [email('g@x')] })
    await append(b, { reservations: [email('f@x')] })
    const swap = (streamId: string, from: string, to: string): StreamWrite => ({
      ...appendOf(streamId),
      releases: [email(from)],
      reservations: [email(to)],
    })
    await subject.store.appendAll(acme(), { streams: [swap(a, 'g@x', 'f@x'), swap(b, 'f@x', 'g@x')] })
    await expect(append(a, { reservations: [email('g@x')] })).rejects.toMatchObject({
      extensions: { holder: b },
    })
  })

  it('is reserved with the append or not at all', async () => {
    const [refused, other] = [freshStream(), freshStream()]
    const request = { reservations: [email('h@x')], expected: { mode: 'exists' as const } }
    await expect(subject.store.append(acme(), appendOf(refused, request))).rejects.toMatchObject({
      code: 'VERSION_CONFLICT',
    })
    await append(other, { reservations: [email('h@x')] })
    await expect(append(other, { releases: [email('h@x'), email('nobody@x')] })).rejects.toMatchObject({
      code: 'NAME_NOT_HELD',
    })
    await expect(append(refused, { reservations: [email('h@x')] })).rejects.toMatchObject({
      code: 'NAME_TAKEN',
    })
  })

  it('does not stand in the way of a retry, by key or by ids', async () => {
    const streamId = freshStream()
    const events = [{ id: `renamed-${streamId}`, type: 'Renamed', data: 1 }]
    const idempotency = { key: streamId, fingerprint: Buffer.from('f') }
    await append(streamId, { reservations: [email('i@x')] })
    const request = appendOf(streamId, { events, releases: [email('i@x')], idempotency })
    const first = await subject.store.append(acme(), request)
    await append(freshStream(), { reservations: [email('i@x')] })
    expect(await subject.store.append(acme(), request)).toEqual({
      ...first,
      replayed: true,
      replayedByKey: true,
    })
    const byIds = await subject.store.append(acme(), { ...request, idempotency: null })
    expect(byIds).toEqual({ ...first, replayed: true, replayedByKey: false })
  })

  it('is refused when the append means two things by it, or names too many', async () => {
    const streamId = freshStream()
    const many = Array.from({ length: eventLimits.appendNamesMax + 1 }, (_, index) => email(`${index}@x`))
    for (const changes of [
      { reservations: [email('j@x'), email('j@x')] },
      { releases: [email('j@x')], reservations: [email('j@x')] },
      { reservations: many },
    ]) {
      await expect(append(streamId, changes)).rejects.toMatchObject({ code: 'VALIDATION_FAILED' })
    }
    const both = [streamId, freshStream()].map((id) => ({ ...appendOf(id), reservations: [email('j@x')] }))
    await expect(subject.store.appendAll(acme(), { streams: both })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
    })
    expect(await versionOf(streamId)).toBe(0)
  })

  it('is of its tenant', async () => {
    const bolt = await subject.tenant()
    const request = appendOf(freshStream(), { reservations: [email('shared@x')] })
    for (const tenant of [acme(), bolt]) {
      expect(await subject.store.append(tenant, request)).toMatchObject({ version: 1 })
    }
  })

  it('goes to one of many who race for it', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, () =>
        codeOfRefusal(append(freshStream(), { reservations: [email('raced@x')] })),
      ),
    )
    expect(outcomes.toSorted()).toEqual([...Array.from({ length: 7 }, () => 'NAME_TAKEN'), 'done'])
  })
}
