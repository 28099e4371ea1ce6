import rhea from 'rhea'
import { describe, expect, test } from 'vitest'
import { BrokerFailure } from '../../../packages/service-bus-stand-in/failure.ts'
import {
  bodilessMessage,
  deliveredMessage,
  isScheduled,
  messagesOfBatch,
  readMessage,
  withApplicationProperties,
} from '../../../packages/service-bus-stand-in/message/index.ts'

const facts = { sequenceNumber: 7, deliveryCount: 2, enqueuedAt: 1000, expiresAt: 61_000, lockedUntil: 5000 }

function encoded(message: Record<string, unknown>): Buffer {
  return rhea.message.encode(message)
}

function decoded(bytes: Buffer): Record<string, unknown> {
  return rhea.message.decode(bytes)
}

describe('a message', () => {
  test('is read for what the broker decides by', () => {
    const content = readMessage(encoded({ message_id: 'a', group_id: 's', ttl: 5000, body: 'x' }))
    expect(content).toMatchObject({ id: 'a', sessionId: 's', timeToLiveMs: 5000 })
  })

  test('may have an id of any kind that AMQP knows, and no others are taken for it', () => {
    const uuid = rhea.types.wrap_uuid(Buffer.from('00112233445566778899aabbccddeeff', 'hex'))
    expect(readMessage(encoded({ message_id: 42, body: 1 })).id).toBe('42')
    expect(readMessage(encoded({ message_id: uuid, body: 1 })).id).toBe('00112233445566778899aabbccddeeff')
  })

  test('without an id gets one, in what is stored as well', () => {
    const content = readMessage(encoded({ subject: 'kept', group_id: 's', body: 'x' }))
    expect(content.id).toMatch(/^[0-9a-f]{32}$/u)
    expect(readMessage(content.raw).id).toBe(content.id)
    expect(decoded(content.raw)).toMatchObject({ subject: 'kept', group_id: 's', body: 'x' })
  })

  test('is delivered with the facts of the broker, and the rest as its sender sent it', () => {
    const raw = encoded({
      message_id: 'a',
      application_properties: { whole: rhea.types.wrap_int(3), text: 'ü'.repeat(200) },
      message_annotations: { 'x-opt-partition-key': 'p', 'x-opt-sequence-number': 99 },
      body: rhea.message.data_section(Buffer.from('body')),
    })
    const message = decoded(deliveredMessage(readMessage(raw), facts))
    expect(message).toMatchObject({
      message_id: 'a',
      durable: true,
      ttl: 60_000,
      delivery_count: 2,
      application_properties: { whole: 3, text: 'ü'.repeat(200) },
    })
    expect(message['message_annotations']).toMatchObject({
      'x-opt-partition-key': 'p',
      'x-opt-sequence-number': 7,
      'x-opt-enqueued-time': new Date(1000),
      'x-opt-locked-until': new Date(5000),
      'x-opt-message-state': 0,
    })
    expect((message['body'] as { content: Buffer }).content.toString()).toBe('body')
  })

  test('can be shown without its body', () => {
    const content = readMessage(
      encoded({ message_id: 'a', body: rhea.message.data_section(Buffer.alloc(100)) }),
    )
    const message = decoded(bodilessMessage(content, facts))
    expect((message['body'] as { content: Buffer }).content).toHaveLength(0)
  })

  test('gets properties set, and keeps the types of the others', () => {
    const content = readMessage(
      encoded({
        message_id: 'a',
        body: 1,
        application_properties: { kept: rhea.types.wrap_ubyte(5), changed: 1 },
      }),
    )
    const changed = withApplicationProperties(content, { changed: 'now', added: 0.5, none: null, yes: true })
    expect(decoded(changed.raw)['application_properties']).toEqual({
      kept: 5,
      changed: 'now',
      added: 0.5,
      none: null,
      yes: true,
    })
    // The code of a ubyte and its value.
    expect(changed.raw.includes(Buffer.of(0x50, 5))).toBe(true)
    expect(withApplicationProperties(content, {})).toBe(content)
  })

  test('that is to appear later is known as such', () => {
    const annotations = { 'x-opt-scheduled-enqueue-time': new Date() }
    expect(isScheduled(readMessage(encoded({ body: 1, message_annotations: annotations })))).toBe(true)
    expect(isScheduled(readMessage(encoded({ body: 1 })))).toBe(false)
  })

  test('with an id of more than 128 characters is refused', () => {
    expect(() => readMessage(encoded({ message_id: 'x'.repeat(129), body: 1 }))).toThrow(/message id/u)
    expect(() => readMessage(encoded({ message_id: 'a', group_id: 'x'.repeat(129), body: 1 }))).toThrow(
      /session id/u,
    )
  })

  test('cut off or changed at any byte is read or refused, and never anything else', () => {
    const raw = encoded({
      message_id: 'a',
      group_id: 's',
      ttl: 5,
      application_properties: { a: 1, b: [1, { c: 2 }] },
      body: rhea.message.data_section(Buffer.alloc(20)),
    })
    for (let at = 0; at < raw.length; at += 1) {
      for (const value of [0x00, 0x45, 0xa0, 0xd1, 0xff]) {
        const changed = Buffer.from(raw)
        changed[at] = value
        for (const bytes of [changed, changed.subarray(0, at)]) {
          const failure = failureOf(() => readMessage(Buffer.from(bytes)))
          expect(failure === undefined || failure instanceof BrokerFailure).toBe(true)
        }
      }
    }
  })
})

describe('a batch', () => {
  test('holds one message in each section of data', () => {
    const messages = ['a', 'b'].map((id) => encoded({ message_id: id, body: 'x'.repeat(300) }))
    const envelope = encoded({ message_id: 'a', body: rhea.message.data_sections(messages) })
    expect(messagesOfBatch(envelope).map((raw) => readMessage(raw).id)).toEqual(['a', 'b'])
  })

  test('without a message is refused', () => {
    expect(() => messagesOfBatch(encoded({ body: 'x' }))).toThrow(BrokerFailure)
  })
})

function failureOf(work: () => unknown): unknown {
  try {
    work()
    return undefined
  } catch (error) {
    return error
  }
}
