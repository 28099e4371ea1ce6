import { describe, expect, it } from 'vitest'
import type { NewEvent } from '../../../../../shared/event-store/index.ts'
import { appendOf, codeOfRefusal, readWhole } from '../../support.ts'
import { freshStream, sharedTenant } from '../subject.ts'
import type { Subject } from '../subject.ts'

export function eventIds(subject: Subject): void {
  const acme = sharedTenant(subject)
  const given = (id: string, overrides: Partial<NewEvent> = {}): NewEvent => ({
    id,
    type: 'Given',
    data: { of: id },
    ...overrides,
  })
  const append = (streamId: string, ...events: NewEvent[]) =>
    subject.store.append(acme(), appendOf(streamId, { events }))
  const refused = (eventId: string) => ({ code: 'EVENT_ID_EXISTS', status: 409, extensions: { eventId } })
  const lengthOf = async (streamId: string): Promise<number> =>
    (await readWhole(subject.store, acme(), streamId)).length

  describe('that all come from one earlier append', () => {
    it('answer with the whole of it, whichever part is sent again and in whatever order', async () => {
      const s = freshStream()
      const first = await append(s, given(`${s}1`), given(`${s}2`), given(`${s}3`))
      const replay = { ...first, replayed: true, replayedByKey: false }
      expect(await append(s, given(`${s}1`), given(`${s}2`), given(`${s}3`))).toEqual(replay)
      expect(await append(s, given(`${s}2`))).toEqual(replay)
      expect(await append(s, given(`${s}3`), given(`${s}1`))).toEqual(replay)
      expect(await lengthOf(s)).toBe(3)
    })

    it('answer so also when the stream has more events by now and the condition does not hold any more', async () => {
      const s = freshStream()
      const request = appendOf(s, { events: [given(`${s}1`)], expected: { mode: 'none' } })
      const first = await subject.store.append(acme(), request)
      await append(s, given(`${s}2`))
      expect(await subject.store.append(acme(), request)).toEqual({ ...first, replayed: true })
    })

    it('are found with equal content that is written in another way', async () => {
      const s = freshStream()
      const time = '2026-03-29T02:30:00.123456+02:00'
      const [a, b, c] = [`${s}1`, `${s}2`, `${s}3`]
      await append(
        s,
        given(a, { time, data: { n: 1.5, list: [1] } }),
        given(b),
        given(c, { metadata: { m: 1 } }),
      )
      for (const again of [
        given(a, { time: '2026-03-29T00:30:00.123456Z', data: { list: [1], n: 1.5 } }),
        given(a, { data: { n: JSON.rawJSON('1.50'), list: [JSON.rawJSON('10e-1')] } }),
        given(b, { metadata: {}, source: '', schemaVersion: 1 }),
        given(c, { metadata: { m: JSON.rawJSON('1.0') } }),
      ]) {
        expect(await append(s, again)).toMatchObject({ version: 3, replayed: true })
      }
    })

    it('are found although the trace is another one', async () => {
      const s = freshStream()
      await append(s, given(s))
      const trace = {
        traceParent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        traceState: null,
      }
      const again = appendOf(s, { events: [given(s)], trace })
      expect(await subject.store.append(acme(), again)).toMatchObject({ version: 1, replayed: true })
    })

    it('may be written again by another source, since the source is part of the identity', async () => {
      const s = freshStream()
      expect(await append(s, given(s, { source: 'urn:a' }))).toMatchObject({ version: 1 })
      expect(await append(s, given(s, { source: 'urn:b' }))).toMatchObject({ version: 2, replayed: false })
      expect(await append(s, given(s))).toMatchObject({ version: 3, replayed: false })
      expect(await append(s, given(s, { source: 'urn:a' }))).toMatchObject({ version: 1, replayed: true })
    })
  })

  describe('that exist otherwise', () => {
    it.each<Partial<NewEvent>>([
      { data: { of: 'other' } },
      { data: null },
      { type: 'Other' },
      { schemaVersion: 2 },
      { metadata: { m: 1 } },
      { time: '2020-01-01T00:00:00Z' },
      { correlationId: 'c' },
      { causationId: 'c' },
    ])('are refused with other content: %j', async (change) => {
      const s = freshStream()
      await append(s, given(s))
      await expect(append(s, given(s, change))).rejects.toMatchObject(refused(s))
      expect(await lengthOf(s)).toBe(1)
    })

    it('are refused in another stream, and from two earlier appends', async () => {
      const [s, other] = [freshStream(), freshStream()]
      await append(s, given(`${s}1`))
      await append(s, given(`${s}2`))
      await expect(append(other, given(`${s}1`))).rejects.toMatchObject(refused(`${s}1`))
      await expect(append(s, given(`${s}1`), given(`${s}2`))).rejects.toMatchObject({
        code: 'EVENT_ID_EXISTS',
      })
      expect(await codeOfRefusal(subject.store.streamInfo(acme(), other))).toBe('STREAM_NOT_FOUND')
    })

    it('are refused when new ones stand among them, whatever the condition, and the one at fault is named', async () => {
      const s = freshStream()
      const [a, b] = [`${s}1`, `${s}2`]
      await append(s, given(a), given(b))
      await expect(append(s, given(a), given(`${s}new`))).rejects.toMatchObject(refused(a))
      await expect(append(s, given(`${s}new`), given(b, { data: 'other' }), given(a))).rejects.toMatchObject(
        refused(b),
      )
      const conditioned = appendOf(s, { events: [given(a), given(`${s}new`)], expected: { mode: 'none' } })
      await expect(subject.store.append(acme(), conditioned)).rejects.toMatchObject(refused(a))
      expect(await lengthOf(s)).toBe(2)
    })

    it('do not hide a conflict of a new append', async () => {
      const s = freshStream()
      await append(s, given(`${s}1`))
      const request = appendOf(s, { events: [given(`${s}2`)], expected: { mode: 'none' } })
      await expect(subject.store.append(acme(), request)).rejects.toMatchObject({
        code: 'VERSION_CONFLICT',
        extensions: { currentVersion: 1 },
      })
    })
  })

  it('that stand in a request twice are refused, at once and for good; from two sources they are fine', async () => {
    const s = freshStream()
    await expect(append(s, given(s), given('between'), given(s))).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      retryable: false,
    })
    expect(await append(s, given(s, { source: 'a' }), given(s, { source: 'b' }))).toMatchObject({
      version: 2,
    })
  })

  it('make one append of many that race, and all get its answer', async () => {
    const s = freshStream()
    const results = await Promise.all(
      Array.from({ length: 12 }, () => append(s, given(`${s}1`), given(`${s}2`))),
    )
    expect(results.filter(({ replayed }) => !replayed)).toHaveLength(1)
    expect(new Set(results.map(({ events }) => JSON.stringify(events))).size).toBe(1)
  })

  it('go to one of many who race with them for different streams', async () => {
    const id = freshStream()
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, () => codeOfRefusal(append(freshStream(), given(id)))),
    )
    expect(outcomes.toSorted()).toEqual([...Array.from({ length: 7 }, () => 'EVENT_ID_EXISTS'), 'done'])
  })
}
