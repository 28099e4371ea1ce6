import { describe, expect, it } from 'vitest'
import { readEnvelopes, receiptOf } from '../../../shared/messages/index.ts'
import type { Envelope } from '../../../shared/messages/index.ts'

const read = (body: unknown): Promise<readonly Envelope[]> =>
  readEnvelopes(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)))

async function only(body: unknown): Promise<Envelope> {
  const [envelope, ...others] = await read(body)
  expect(others).toEqual([])
  if (envelope === undefined) throw new Error('no envelope')
  return envelope
}

const refusalOf = (body: unknown): Promise<string> =>
  read(body).then(
    () => 'none',
    (error: { message: string }) => error.message,
  )

const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const single = { tenant: 'acme', id: 'm-1', streamId: 'order-17', type: 'OrderPlaced', data: { amount: 1 } }
const cloudEvent = {
  specversion: '1.0',
  id: 'e-1',
  source: '/shop',
  type: 'com.example.order.placed',
  subject: 'order-17',
  tenant: 'acme',
  data: { amount: 1 },
}

describe('an envelope', () => {
  it('of one event has its id', async () => {
    const { fingerprint: _fingerprint, ...envelope } = await only(single)
    expect(envelope).toEqual({
      tenant: 'acme',
      id: 'm-1',
      source: '',
      streamId: 'order-17',
      streamType: undefined,
      expected: { mode: 'any' },
      reservations: undefined,
      releases: undefined,
      events: [{ id: 'm-1', type: 'OrderPlaced', data: { amount: 1 } }],
      isList: false,
      trace: null,
      pointer: '',
    })
  })

  it('keeps the exact value of a number', async () => {
    const text = JSON.stringify(single).replace('1}', '12345678901234567890123}')
    expect(await refusalOf(text)).toMatch(/^NUMBER_NOT_EXACT/)
    const { events } = await only(JSON.stringify(single).replace('1}', '9007199254740993}'))
    expect(JSON.stringify(events[0].data)).toBe('{"amount":9007199254740993}')
  })

  it('may say all that an append may, and whose trace it is', async () => {
    const names = { reservations: [{ set: 's', value: 'v' }], releases: [{ set: 's', value: 'w' }] }
    const all = { ...single, ...names, expected: 3, streamType: 'order', traceparent: TRACE, source: '/shop' }
    expect(await only(all)).toMatchObject({
      ...names,
      source: '/shop',
      expected: { mode: 'version', version: 3 },
      streamType: 'order',
      trace: { traceParent: TRACE, traceState: null },
    })
    const list = { tenant: 'acme', id: 'm-2', streamId: 's', expected: 'none' }
    const events = [
      { type: 'A', data: null },
      { id: 'b', type: 'B', data: 2 },
    ]
    expect(await only({ ...list, events })).toMatchObject({
      isList: true,
      events,
      expected: { mode: 'none' },
    })
  })

  it('is the same message in any spelling, whatever its trace is and its tenant is called', async () => {
    const fingerprintOf = async (body: unknown): Promise<string> =>
      (await only(body)).fingerprint.toString('hex')
    const first = await fingerprintOf(single)
    const { data, ...rest } = single
    expect(await fingerprintOf({ data, traceparent: TRACE, ...rest, tenant: 'ACME', expected: 'any' })).toBe(
      first,
    )
    for (const other of [
      { data: 2 },
      { type: 'Other' },
      { streamId: 's' },
      { expected: 1 },
      { metadata: { a: 1 } },
    ])
      expect(await fingerprintOf({ ...single, ...other })).not.toBe(first)
  })

  it.each([
    ['no JSON', '{"tenant":', /^MALFORMED_JSON/],
    ['bytes that are no UTF-8', null, /^MALFORMED_JSON/],
    ['a text', '"text"', /^VALIDATION_FAILED/],
    ['no tenant', { ...single, tenant: undefined }, /^VALIDATION_FAILED: \/tenant/],
    ['no id', { ...single, id: undefined }, /^VALIDATION_FAILED: \/id/],
    ['no data', { ...single, data: undefined }, /^VALIDATION_FAILED: \/data/],
    [
      'a member that is not known',
      { ...single, secret: 1 },
      /^VALIDATION_FAILED: \/secret: is not known here/,
    ],
    ['a stream id of another form', { ...single, streamId: 'a b' }, /^INVALID_STREAM_ID/],
    ['a trace that is none', { ...single, traceparent: 'x' }, /^VALIDATION_FAILED: \/traceparent/],
    ['a time that is none', { ...single, time: 'noon' }, /^VALIDATION_FAILED: \/time/],
    ['U+0000', { ...single, data: '\u0000' }, /^INVALID_TEXT/],
    ['both forms at once', { ...single, events: [] }, /^VALIDATION_FAILED/],
    [
      'an event id twice',
      {
        tenant: 'a',
        id: 'm',
        streamId: 's',
        events: [
          { id: 'x', type: 'T', data: 1 },
          { id: 'x', type: 'T', data: 1 },
        ],
      },
      /^VALIDATION_FAILED: \/events\/1\/id/,
    ],
  ])('with %s is refused', async (_what, body, refusal) => {
    const given = body === null ? readEnvelopes(Buffer.from([0xff, 0xfe, 0x00])) : read(body)
    await expect(given).rejects.toThrow(refusal)
  })

  it('is refused without a word of what it holds', async () => {
    expect(await refusalOf({ ...single, type: 17, secretName: 1 })).not.toContain('OrderPlaced')
    expect(await refusalOf({ ...single, streamId: 'my secret' })).not.toContain('secret')
  })
})

describe('a CloudEvent', () => {
  it('names its tenant by an extension, and its stream by subject', async () => {
    const extended = { ...cloudEvent, partner: 'p', traceparent: TRACE }
    expect(await only(extended)).toMatchObject({
      tenant: 'acme',
      id: 'e-1',
      source: '/shop',
      streamId: 'order-17',
      expected: { mode: 'any' },
      trace: { traceParent: TRACE, traceState: null },
      events: [
        {
          id: 'e-1',
          source: '/shop',
          type: 'com.example.order.placed',
          data: { amount: 1 },
          metadata: { subject: 'order-17', partner: 'p' },
        },
      ],
    })
  })

  it('names its stream by streamid where subject is not the stream', async () => {
    const { streamId, events } = await only({ ...cloudEvent, streamid: 'order-1', subject: 'Order 1 of Ada' })
    expect([streamId, events[0].metadata]).toEqual(['order-1', { subject: 'Order 1 of Ada' }])
    const { subject: _subject, ...without } = cloudEvent
    expect((await only({ ...without, streamid: 's' })).events[0]).not.toHaveProperty('metadata')
    expect((await only(without)).streamId).toBeNull()
  })

  it('is not refused for a trace that is none', async () => {
    const { trace, events } = await only({ ...cloudEvent, traceparent: 'x' })
    expect([trace, events[0].metadata]).toEqual([null, { subject: 'order-17', traceparent: 'x' }])
  })

  it('of a batch has a place in it', async () => {
    const batch = await read([cloudEvent, { ...cloudEvent, id: 'e-2', tenant: 'globex' }])
    expect(batch.map(({ id, tenant, pointer }) => [id, tenant, pointer])).toEqual([
      ['e-1', 'acme', '/0'],
      ['e-2', 'globex', '/1'],
    ])
  })

  it.each([
    ['no tenant', { ...cloudEvent, tenant: undefined }, /^VALIDATION_FAILED: \/tenant: is required/],
    ['no id', { ...cloudEvent, id: undefined }, /^VALIDATION_FAILED: \/id: is required of a CloudEvent/],
    ['a tenant that is no text', { ...cloudEvent, tenant: 7 }, /^VALIDATION_FAILED: \/tenant/],
    ['a subject that can be no stream', { ...cloudEvent, subject: 'a b' }, /^INVALID_STREAM_ID: \/subject/],
    ['a streamid that can be no stream', { ...cloudEvent, streamid: '..' }, /^INVALID_STREAM_ID: \/streamid/],
    ['bytes', { ...cloudEvent, data_base64: 'AA==' }, /^BINARY_DATA_UNSUPPORTED/],
    ['a bad one in a batch', [cloudEvent, { ...cloudEvent, time: 'noon' }], /^VALIDATION_FAILED: \/1\/time/],
    ['an empty batch', [], /^VALIDATION_FAILED/],
    ['too many in a batch', Array.from({ length: 1_001 }, () => cloudEvent), /^VALIDATION_FAILED.*1000/],
  ])('with %s is refused', async (_what, body, refusal) => {
    await expect(read(body)).rejects.toThrow(refusal)
  })
})

describe('the key of a receipt', () => {
  it('is of its door, and of the source where there is one', async () => {
    const [envelope, event] = [await only(single), await only(cloudEvent)]
    expect(receiptOf('message', envelope)).toEqual({ key: 'message:m-1', fingerprint: envelope.fingerprint })
    expect(receiptOf('command', envelope).key).toBe('command:m-1')
    expect(receiptOf('message', event).key).toBe('message@["/shop","e-1"]')
  })
})
