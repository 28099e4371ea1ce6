import { describe, expect, it } from 'vitest'
import { analyticsLine } from '../../../shared/adx/index.ts'
import type { FeedEvent } from '../../../shared/subscriptions/index.ts'

const event = (overrides: Partial<FeedEvent> = {}): FeedEvent => ({
  tenantId: 'a3bb189e-8bf9-3888-9912-ace4e6543002',
  xid: 8n,
  position: 9_007_199_254_740_993n,
  streamId: 'order-1',
  version: '3',
  source: '',
  eventId: 'e1',
  type: 'OrderPlaced',
  streamType: null,
  schemaVersion: '1',
  occurredAt: '2026-11-21 14:35:38.123456+00',
  recordedAt: '2026-11-21 14:35:39+00',
  data: '{"n": 1}',
  metadata: null,
  correlationId: null,
  causationId: null,
  traceParent: null,
  ...overrides,
})
const parsed = (overrides: Partial<FeedEvent> = {}): Record<string, unknown> =>
  JSON.parse(analyticsLine(event(overrides), 'batch-1')) as Record<string, unknown>

describe('a line for the analytics service', () => {
  it('has the members of the mapping, and only those that the event has', () => {
    expect(parsed()).toEqual({
      TenantId: 'a3bb189e-8bf9-3888-9912-ace4e6543002',
      Source: '',
      EventId: 'e1',
      StreamId: 'order-1',
      Version: 3,
      EventType: 'OrderPlaced',
      OccurredAt: '2026-11-21T14:35:38.123456Z',
      RecordedAt: '2026-11-21T14:35:39Z',
      SchemaVersion: 1,
      Payload: { n: 1 },
      Metadata: {},
      Position: 9_007_199_254_740_992,
      BatchId: 'batch-1',
    })
    const optional = { streamType: 'order', traceParent: 't', correlationId: 'c', causationId: 'd' }
    expect(parsed(optional)).toMatchObject({
      StreamType: 'order',
      TraceParent: 't',
      CorrelationId: 'c',
      CausationId: 'd',
    })
  })

  it('carries payload, metadata and position as they are stored, to the letter', () => {
    const data = '{"n": 12345678901234567890, "x": 1.10, "t": "\\u2028\\"", "d": [1, 2]}'
    const line = analyticsLine(event({ data, metadata: '{"m": 9223372036854775807}' }), 'batch-1')
    expect(line).toContain(`"Payload":${data},"Metadata":{"m": 9223372036854775807}`)
    expect(line).toContain('"Position":9007199254740993')
  })

  it.each(['null', 'true', '0', '-1.5', '""', '[]', '"text"'])('takes %s for a payload', (data) => {
    expect(parsed({ data })['Payload']).toEqual(JSON.parse(data))
  })

  it.each([
    String.raw`"\" \\ ,"Payload":1`,
    'line\nbreak\r\u2028\u2029',
    '\u0001\u001F\u007F',
    '😀 漢字 e\u0301',
    '',
  ])('is one line of valid JSON, whatever a text holds: %j', (text) => {
    const line = analyticsLine(
      event({
        source: text,
        eventId: text,
        type: text,
        streamType: text,
        correlationId: text,
        causationId: text,
        traceParent: text,
      }),
      'batch-1',
    )
    expect(line.endsWith('}\n')).toBe(true)
    expect(line.indexOf('\n')).toBe(line.length - 1)
    expect(JSON.parse(line)).toMatchObject({
      Source: text,
      EventId: text,
      EventType: text,
      StreamType: text,
      CorrelationId: text,
      CausationId: text,
      TraceParent: text,
      Payload: { n: 1 },
    })
  })
})
