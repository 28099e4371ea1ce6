import { describe, expect, it } from 'vitest'
import { deliveriesOf, deliveryOf } from '../../../shared/messages/index.ts'

const BODIES = [Buffer.from('1'), Buffer.from('2'), Buffer.from('3')]
const long = (low: number, high = 0) => ({ low, high, unsigned: false })

describe('a message that comes alone', () => {
  it('has what the host tells of it', () => {
    const metadata = {
      messageId: 'm-1',
      sessionId: 42,
      sequenceNumber: 7,
      contentType: 'application/json',
      enqueuedTimeUtc: '2026-11-20T10:11:12.345Z',
      deliveryCount: 3,
      applicationProperties: { tenant: 'acme' },
    }
    expect(deliveryOf(BODIES[0], metadata)).toEqual({
      body: BODIES[0],
      messageId: 'm-1',
      sessionId: '42',
      sequenceNumber: 7n,
      contentType: 'application/json',
      enqueuedAt: new Date('2026-11-20T10:11:12.345Z'),
      deliveryCount: 3,
      applicationProperties: { tenant: 'acme' },
    })
  })

  it('has nothing that is not certain: ids that the library has rounded, and other types', () => {
    const metadata = {
      messageId: 12_345_678_901_234_567_000,
      sessionId: true,
      sequenceNumber: 'many',
      enqueuedTimeUtc: 'yesterday',
      deliveryCount: 0,
      applicationProperties: 'none',
    }
    expect(deliveryOf(BODIES[0], metadata)).toEqual({
      body: BODIES[0],
      messageId: null,
      sessionId: null,
      sequenceNumber: null,
      contentType: null,
      enqueuedAt: null,
      deliveryCount: null,
      applicationProperties: {},
    })
  })

  it('may be given as text or JSON by a person', () => {
    expect(Buffer.from(deliveryOf('{"a":1}').body).toString()).toBe('{"a":1}')
    expect(Buffer.from(deliveryOf({ a: 1 }).body).toString()).toBe('{"a":1}')
    expect(Buffer.from(deliveryOf(undefined).body).toString()).toBe('null')
  })
})

describe('messages of a batch', () => {
  it('have what the host tells of each', () => {
    const metadata = {
      sequenceNumberArray: [long(1), long(2), long(-1, 2_097_151)],
      messageIdArray: ['a', 'b', 3],
      deliveryCountArray: [1, 2, 3],
      applicationPropertiesArray: [{}, { tenant: 'acme' }, {}],
    }
    expect(deliveriesOf(BODIES, metadata)).toMatchObject([
      { body: BODIES[0], messageId: 'a', sequenceNumber: 1n, deliveryCount: 1, applicationProperties: {} },
      { body: BODIES[1], messageId: 'b', applicationProperties: { tenant: 'acme' } },
      { body: BODIES[2], messageId: '3', sequenceNumber: 9_007_199_254_740_991n },
    ])
  })

  it('have no id where the host left one out: whose it was nobody knows', () => {
    const metadata = {
      sequenceNumberArray: [long(1), long(2), long(3)],
      messageIdArray: ['a', 'c'],
      sessionIdArray: ['s', 's', 's'],
    }
    const found = deliveriesOf(BODIES, metadata)
    expect(found.map(({ messageId }) => messageId)).toEqual([null, null, null])
    expect(found.map(({ sessionId }) => sessionId)).toEqual(['s', 's', 's'])
  })

  it('have nothing where the host left a body out, though other arrays are as long by chance', () => {
    const metadata = {
      sequenceNumberArray: [long(1), long(2), long(3), long(4)],
      messageIdArray: ['b', 'c', 'd'],
      applicationPropertiesArray: [{ tenant: 'a' }, {}, {}, {}],
    }
    expect(deliveriesOf(BODIES, metadata)).toMatchObject(
      BODIES.map((body) => ({ body, messageId: null, sequenceNumber: null, applicationProperties: {} })),
    )
  })
})
