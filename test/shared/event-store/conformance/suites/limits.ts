import { expect, it } from 'vitest'
import { eventLimits } from '../../../../../shared/event-store/index.ts'
import type { NewEvent } from '../../../../../shared/event-store/index.ts'
import { appendOf, codeOfRefusal, noted, readWhole } from '../../support.ts'
import { freshStream, sharedTenant } from '../subject.ts'
import type { Subject } from '../subject.ts'

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
    ['numbers that swell when they are written out', swelling('1e308', 100_000), 'EVENT_TOO_LARGE', 413],
    ['small numbers that swell', swelling('1.123457e-200', 70_000), 'EVENT_TOO_LARGE', 413],
    ['the smallest of doubles', swelling('-4.9406564584124654e-324', 3_100), 'EVENT_TOO_LARGE', 413],
    ['spaces that the database puts in', swelling('1', 400_000), 'EVENT_TOO_LARGE', 413],
    [
      'metadata that swells beside small data',
      [{ type: 'L', data: 1, metadata: { m: Array.from({ length: 4_000 }, () => 1e308) } }],
      'EVENT_TOO_LARGE',
      413,
    ],
    [
      'events that swell together',
      Array.from({ length: 10 }, () => swelling('1e308', 3_000)).flat(),
      'BODY_TOO_LARGE',
      413,
    ],
    ['a type that is too long', [{ type: text(256), data: 1 }], 'VALIDATION_FAILED', 400],
    ['an id that is too long', [{ id: text(256), type: 'L', data: 1 }], 'VALIDATION_FAILED', 400],
    ['a number beyond every double', [{ type: 'L', data: [JSON.rawJSON('1e400')] }], 'NUMBER_NOT_EXACT', 400],
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

  it('count data and metadata as they are read, to the byte', async () => {
    // Printed: 3,000 numbers of 309 digits with ', ' between them, and two brackets.
    const numbers = Array.from({ length: 3_000 }, () => 1e308)
    const rest = eventLimits.eventBytesMax - 3_000 * 311 - '{"m": ""}'.length
    const event = (bytes: number): NewEvent => ({ type: 'L', data: numbers, metadata: { m: text(bytes) } })
    const streamId = freshStream()
    await subject.store.append(acme(), appendOf(streamId, { events: [event(rest)] }))
    const page = await subject.store.readStream(acme(), { streamId, backward: false, limit: 1 })
    const [, content = ''] = /"data":(.*)\}$/.exec(page.events[0] ?? '') ?? []
    expect(content.length - ',"metadata":'.length).toBe(eventLimits.eventBytesMax)
    await expect(
      subject.store.append(acme(), appendOf(streamId, { events: [event(rest + 1)] })),
    ).rejects.toMatchObject({ code: 'EVENT_TOO_LARGE' })
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

const text = (bytes: number): string => 'x'.repeat(bytes)

/** One event of many short numbers, each of which the database writes out. */
const swelling = (token: string, count: number): NewEvent[] => [
  { type: 'L', data: Array.from({ length: count }, () => JSON.rawJSON(token)) },
]
