import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eventJson } from '../../../../shared/event-store/testing/event-json.ts'

const event = {
  streamType: null,
  version: '7',
  source: '',
  eventId: 'e-1',
  type: 'order-placed',
  schemaVersion: '1',
  occurredAt: '2026-11-21 14:35:38.12+00',
  recordedAt: '2026-11-21 14:35:38.123456+00',
  data: '{"amount": 12345678901234567890}',
  metadata: null,
  correlationId: null,
  causationId: null,
  traceParent: null,
}

describe('the JSON of an event', () => {
  it('leaves out what the event does not have, and hands its data on as it is stored', () => {
    expect(eventJson(event, 'order-1')).toBe(
      '{"id":"e-1","source":"","streamId":"order-1","version":7,"type":"order-placed","time":"2026-11-21T14:35:38.12Z","recordedAt":"2026-11-21T14:35:38.123456Z","data":{"amount": 12345678901234567890},"metadata":{}}',
    )
  })

  it('holds every name as it is, whatever its characters', () => {
    const name = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string(),
      fc.constantFrom('a\n', '\u2028', '"', '\\', '\t'),
    )
    fc.assert(
      fc.property(name, (text) => {
        const names = { streamType: text, source: text, type: text, correlationId: text, causationId: text }
        const read: unknown = JSON.parse(eventJson({ ...event, ...names, eventId: text }, 's'))
        expect(read).toMatchObject({ ...names, id: text })
      }),
    )
  })
})
