import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Queue, StoredBytes, Topic } from '../../../packages/service-bus-stand-in/engine/index.ts'
import type { MessageJournal } from '../../../packages/service-bus-stand-in/engine/index.ts'
import { placeOf } from '../../../packages/service-bus-stand-in/wire/addresses.ts'
import { refusalOfToken } from '../../../packages/service-bus-stand-in/wire/claims.ts'
import {
  tokenAsTag,
  tokenOfBytes,
  tokenOfTag,
} from '../../../packages/service-bus-stand-in/wire/lock-tokens.ts'
import { queueSettings } from './running-broker.ts'

describe('a token', () => {
  const key = { name: 'trickle', value: 'k' }
  const resource = encodeURIComponent('sb://127.0.0.1/work')
  const token = ({ until = 2000, value = 'k', name = 'trickle' } = {}): string => {
    const signature = createHmac('sha256', value).update(`${resource}\n${until}`).digest('base64')
    return `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature)}&se=${until}&skn=${name}`
  }

  test('that is signed by the key is good until its time', () => {
    expect(refusalOfToken(token(), key, 1_999_999)).toBeUndefined()
    expect(refusalOfToken(token(), key, 2_000_001)).toMatch(/expired/u)
  })

  test('that is not is refused, and says why', () => {
    expect(refusalOfToken(token({ value: 'other' }), key, 0)).toMatch(/signature/u)
    expect(refusalOfToken(token({ name: 'other' }), key, 0)).toMatch(/key name/u)
    expect(refusalOfToken(token().replace('se=2000', 'se=9000'), key, 0)).toMatch(/signature/u)
    for (const wrong of [
      undefined,
      '',
      'eyJhbGciOi',
      'SharedAccessSignature ',
      'SharedAccessSignature skn=%',
    ])
      expect(refusalOfToken(wrong, key, 0)).toBeTypeOf('string')
  })
})

describe('an address', () => {
  const nothing: MessageJournal = {
    put: () => Promise.resolve(),
    remove: () => Promise.resolve(),
    attempted: () => undefined,
    forgotten: () => undefined,
    settled: () => Promise.resolve(),
  }
  const queue = new Queue({
    settings: queueSettings,
    journal: nothing,
    storedBytes: new StoredBytes(1),
    now: () => 0,
  })
  const entities = { queues: new Map([['work', queue]]), topics: new Map([['news', new Topic('News', [])]]) }

  test('names a queue in each of the forms that SDKs use', () => {
    for (const address of ['work', '/work', 'WORK', 'sb://127.0.0.1:5672/work', 'amqp://127.0.0.1/work/'])
      expect(placeOf(address, entities)).toMatchObject({ kind: 'messages', messages: queue.main })
    for (const address of ['work/$DeadLetterQueue', 'work/$deadletterqueue'])
      expect(placeOf(address, entities)).toMatchObject({ kind: 'messages', messages: queue.deadLetters })
    expect(placeOf('work/$management', entities)).toMatchObject({ kind: 'management', messages: queue.main })
    expect(placeOf('work/$deadletterqueue/$management', entities)).toMatchObject({
      kind: 'management',
      messages: queue.deadLetters,
    })
    expect(placeOf('NEWS', entities)).toMatchObject({ kind: 'topic', topic: { name: 'News' } })
    expect(placeOf('$cbs', entities)).toEqual({ kind: 'claims' })
  })

  test('that names none says which there are', () => {
    for (const address of ['nowhere', '', undefined, 'work/Subscriptions/x'])
      expect(() => placeOf(address, entities)).toThrow(/has work, News/u)
  })
})

describe('a lock token', () => {
  test('has the byte order of a Guid as the tag of a delivery, and that of a uuid in requests', () => {
    const token = '00112233-4455-6677-8899-aabbccddeeff'
    expect(tokenAsTag(token).toString('hex')).toBe('33221100554477668899aabbccddeeff')
    expect(tokenOfTag(tokenAsTag(token))).toBe(token)
    expect(tokenOfBytes(Buffer.from('00112233445566778899aabbccddeeff', 'hex'))).toBe(token)
  })
})
