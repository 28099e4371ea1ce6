import { expect, it } from 'vitest'
import { eventLimits, type NewEvent } from '../../../../../shared/event-store/index.ts'
import { appendOf, codeOfRefusal, noted, readWhole } from '../../support.ts'
import { freshStream, sharedTenant, type Subject } from '../subject.ts'

const text = (bytes: number): string => 'x'.repeat(bytes)

export function limits(subject: Subject): void {
  const acme = sharedTenant(subject)

  it('take an event of 1 MiB, and 1,000 events at once in their order', async () => {
    const [large, many] = [freshStream(), freshStream()]
    const content = text(eventLimits.eventBytesMax - 2)
    await subject.store.append(acme(), appendOf(large, { events: [{ type: 'L', data: content }] }))
    expect((await readWhole(subject.store, acme(), large))[0]?.data).toBe(content)
    const events = noted(eventLimits.appendEventsMax)
    await subject.store.append(acme(), appendOf(many, { events }))
    expect((await readWhole(subject.store, acme(), many)).map(({ data }) => data)).toEqual(
      events.map(({ data }) => data),
    )
  })

  it.each<[string, NewEvent[], string, number]>([
    ['no event at all', [], 'VALIDATION_FAILED', 400],
    ['too many events', noted(eventLimits.appendEventsMax + 1), 'TOO_MANY_EVENTS', 413],
    [
      'an event that is too large',
      [...noted(1), { type: 'L', data: text(1_060_000) }],
      'EVENT_TOO_LARGE',
      413,
    ],
    ['too much metadata', [{ type: 'L', data: 1, metadata: { m: text(1_060_000) } }], 'EVENT_TOO_LARGE', 413],
    ['too many bytes of few characters', [{ type: 'L', data: '漢'.repeat(400_000) }], 'EVENT_TOO_LARGE', 413],
    [
      'too many bytes together',
      Array.from({ length: 9 }, () => ({ type: 'L', data: text(1_000_000) })),
      'BODY_TOO_LARGE',
      413,
    ],
  ])('refuse %s and write nothing', async (_what, events, code, status) => {
    const streamId = freshStream()
    await expect(subject.store.append(acme(), appendOf(streamId, { events }))).rejects.toMatchObject({
      code,
      status,
    })
    expect(await codeOfRefusal(subject.store.streamInfo(acme(), streamId))).toBe('STREAM_NOT_FOUND')
  })

  it('take the longest ids and names in the widest characters', async () => {
    const widest = '\u{10FFFF}'.repeat(eventLimits.identifierCharactersMax)
    const event = {
      id: widest,
      source: widest,
      type: widest,
      data: 1,
      correlationId: widest,
      causationId: widest,
    }
    const streamId = 'x'.repeat(eventLimits.identifierCharactersMax)
    const idempotency = { key: 'k'.repeat(200), fingerprint: Buffer.alloc(32) }
    await subject.store.append(
      acme(),
      appendOf(streamId, { events: [event], streamType: widest, idempotency }),
    )
    expect((await readWhole(subject.store, acme(), streamId))[0]).toMatchObject(event)
  })
}
