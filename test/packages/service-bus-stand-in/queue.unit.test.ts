import rhea from 'rhea'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  PlainDelivery,
  Queue,
  SessionDelivery,
  StoredBytes,
} from '../../../packages/service-bus-stand-in/engine/index.ts'
import type {
  Delivery,
  MessageJournal,
  QueueSettings,
  Receiver,
  SessionReceiver,
  StoredMessage,
  SubQueue,
} from '../../../packages/service-bus-stand-in/engine/index.ts'
import { readMessage } from '../../../packages/service-bus-stand-in/message/index.ts'
import type { MessageContent } from '../../../packages/service-bus-stand-in/message/index.ts'
import { queueSettings } from './running-broker.ts'

let now = 0
/** What the queue wrote, in order. */
let written: string[] = []
/** Resolves the journal's promises; undefined while the disk is at once. */
let disk: { wait: Promise<void> } | undefined

const journal: MessageJournal = {
  put: async (messages: readonly StoredMessage[]) => {
    written.push(`put ${messages.map(({ sequenceNumber }) => sequenceNumber).join(' ')}`)
    await disk?.wait
  },
  remove: async ({ sequenceNumber }) => {
    written.push(`remove ${sequenceNumber}`)
    await disk?.wait
  },
  attempted: ({ sequenceNumber, attempts }) => {
    written.push(`attempt ${sequenceNumber} ${attempts}`)
  },
  forgotten: ({ id }) => {
    written.push(`forgotten ${id}`)
  },
  settled: async () => {
    await disk?.wait
  },
}

beforeEach(() => {
  now = 1_000_000
  written = []
  disk = undefined
})

function queueOf(settings: Partial<QueueSettings> = {}, bytesMax = 1_000_000): Queue {
  const storedBytes = new StoredBytes(bytesMax)
  return new Queue({ settings: { ...queueSettings, ...settings }, journal, storedBytes, now: () => now })
}

function content(fields: Record<string, unknown> = {}): MessageContent {
  return readMessage(rhea.message.encode({ body: 'x', ...fields }))
}

/** Takes up to `credit` messages. */
function receiver(credit: number): SessionReceiver & { readonly got: Delivery[]; readonly lost: string[] } {
  const got: Delivery[] = []
  const lost: string[] = []
  return {
    removesAtOnce: false,
    got,
    lost,
    credit: () => credit - got.length,
    deliver: (delivery) => got.push(delivery),
    sessionLost: (id) => lost.push(id),
  }
}

function plain({ delivery }: SubQueue): PlainDelivery {
  if (!(delivery instanceof PlainDelivery)) throw new Error('it has sessions')
  return delivery
}

function sessions({ delivery }: SubQueue): SessionDelivery {
  if (!(delivery instanceof SessionDelivery)) throw new Error('it has no sessions')
  return delivery
}

const numbersOf = (from: { readonly got: readonly Delivery[] }): number[] =>
  from.got.map(({ message }) => message.sequenceNumber)

const tokenOf = (from: { readonly got: readonly Delivery[] }, index = 0): string => {
  const delivery = from.got[index]
  if (delivery === undefined) throw new Error('nothing was delivered')
  return delivery.lockToken
}

describe('sending', () => {
  test('shows a message to nobody before it is on the disk', async () => {
    const queue = queueOf()
    const taker = receiver(5)
    plain(queue.main).join(taker)
    let flushed = (): void => undefined
    disk = { wait: new Promise((resolve) => (flushed = resolve)) }
    const sent = queue.send([content()])
    await Promise.resolve()
    expect(taker.got).toEqual([])
    expect(queue.main.peek(0, undefined)).toEqual([])
    flushed()
    await sent
    expect(numbersOf(taker)).toEqual([1])
  })

  test('more than the broker holds is refused, all of it', async () => {
    const one = content()
    const queue = queueOf({}, one.raw.length * 2)
    await expect(queue.send([one, one, one])).rejects.toMatchObject({
      condition: 'amqp:resource-limit-exceeded',
    })
    expect(written).toEqual([])
    await queue.send([one, one])
    await expect(queue.send([one])).rejects.toMatchObject({ condition: 'amqp:resource-limit-exceeded' })
    const taker = receiver(1)
    plain(queue.main).join(taker)
    await queue.main.complete(tokenOf(taker))
    await queue.send([one])
  })
})

describe('duplicates', () => {
  const detecting = { duplicateDetectionHistoryMs: 20_000 }

  test('are known within the window, and not after it', async () => {
    const queue = queueOf(detecting)
    await queue.send([content({ message_id: 'a' })])
    now += 19_999
    await queue.send([content({ message_id: 'a' })])
    expect(written).toEqual(['put 1'])
    now += 1
    await queue.send([content({ message_id: 'a' })])
    expect(written).toEqual(['put 1', 'forgotten a', 'put 2'])
  })

  test('of a message that is not on the disk yet are answered when that one is', async () => {
    const queue = queueOf(detecting)
    let flushed = (): void => undefined
    disk = { wait: new Promise((resolve) => (flushed = resolve)) }
    const order: string[] = []
    const first = queue.send([content({ message_id: 'a' })]).then(() => order.push('first'))
    const second = queue.send([content({ message_id: 'a' })]).then(() => order.push('second'))
    await Promise.resolve()
    expect(order).toEqual([])
    flushed()
    await Promise.all([first, second])
    expect(written).toEqual(['put 1'])
  })
})

describe('delivery without sessions', () => {
  test('gives the oldest first, to the receivers in turn, as far as they have credit', async () => {
    const queue = queueOf()
    await queue.send([content(), content(), content(), content()])
    const [one, two] = [receiver(3), receiver(1)]
    plain(queue.main).join(two)
    plain(queue.main).join(one)
    expect([numbersOf(two), numbersOf(one)]).toEqual([[1], [2, 3, 4]])
  })

  test('gives a message that was abandoned again before the later ones', async () => {
    const queue = queueOf()
    await queue.send([content(), content(), content()])
    const first = receiver(1)
    plain(queue.main).join(first)
    plain(queue.main).leave(first)
    await queue.main.abandon(tokenOf(first), {})
    const second = receiver(3)
    plain(queue.main).join(second)
    expect(numbersOf(second)).toEqual([1, 2, 3])
    expect(queue.main.factsOf(second.got[0]?.message ?? never(), 5).deliveryCount).toBe(1)
  })

  test('settles by a lock once, and not when its time is over', async () => {
    const queue = queueOf({ lockDurationMs: 1000 })
    await queue.send([content(), content()])
    const taker = receiver(2)
    plain(queue.main).join(taker)
    await queue.main.complete(tokenOf(taker))
    await expect(queue.main.complete(tokenOf(taker))).rejects.toMatchObject({
      condition: 'com.microsoft:message-lock-lost',
    })
    now += 1000
    await expect(queue.main.complete(tokenOf(taker, 1))).rejects.toMatchObject({
      condition: 'com.microsoft:message-lock-lost',
    })
    queue.close()
  })

  test('by a receiver that removes at once leaves nothing', async () => {
    const queue = queueOf()
    await queue.send([content()])
    const got: Delivery[] = []
    const taker: Receiver = {
      removesAtOnce: true,
      credit: () => 1,
      deliver: (delivery) => got.push(delivery),
    }
    plain(queue.main).join(taker)
    expect(got).toHaveLength(1)
    expect(written).toEqual(['put 1', 'attempt 1 1', 'remove 1'])
  })
})

describe('dead letters', () => {
  test('are made after the last delivery, and stay with their number and reason', async () => {
    const queue = queueOf({ maxDeliveryCount: 2 })
    await queue.send([content({ message_id: 'poison' })])
    for (let delivery = 0; delivery < 2; delivery += 1) {
      const taker = receiver(1)
      plain(queue.main).join(taker)
      plain(queue.main).leave(taker)
      await queue.main.abandon(tokenOf(taker), {})
    }
    expect(queue.main.messages.size).toBe(0)
    const reader = receiver(1)
    plain(queue.deadLetters).join(reader)
    await Promise.resolve()
    plain(queue.deadLetters).pump()
    expect(numbersOf(reader)).toEqual([1])
    const { raw } = reader.got[0]?.message.content ?? never()
    expect(rhea.message.decode(raw)['application_properties']).toMatchObject({
      DeadLetterReason: 'MaxDeliveryCountExceeded',
    })
    // It is dead already: another failure changes nothing.
    await expect(
      queue.deadLetters.deadLetter(tokenOf(reader), { reason: 'x', description: '', properties: {} }),
    ).rejects.toMatchObject({ condition: 'amqp:not-allowed' })
    await queue.deadLetters.complete(tokenOf(reader))
    expect(queue.deadLetters.messages.size).toBe(0)
  })

  test('are made of what expires, or it is dropped, as the queue says', async () => {
    for (const deadLetteringOnMessageExpiration of [true, false]) {
      const queue = queueOf({ deadLetteringOnMessageExpiration })
      await queue.send([content({ ttl: 1000 }), content()])
      now += 999
      queue.sweep()
      expect(queue.main.messages.size).toBe(2)
      now += 1
      queue.sweep()
      expect(queue.main.messages.size).toBe(1)
      expect(queue.deadLetters.messages.size).toBe(deadLetteringOnMessageExpiration ? 1 : 0)
    }
  })

  test('are not made of a message that a receiver holds when its time is over', async () => {
    const queue = queueOf()
    await queue.send([content({ ttl: 1000 })])
    const taker = receiver(1)
    plain(queue.main).join(taker)
    now += 5000
    queue.sweep()
    await queue.main.complete(tokenOf(taker))
    expect(queue.deadLetters.messages.size).toBe(0)
    queue.close()
  })
})

describe('sessions', () => {
  const never = new AbortController().signal

  test('are given the oldest first, each to one, and waited for in turn', async () => {
    const queue = queueOf({ requiresSession: true })
    const delivery = sessions(queue.main)
    const [first, second] = [receiver(5), receiver(5)]
    const waiting = [
      delivery.accept(first, undefined, 1000, never),
      delivery.accept(second, undefined, 1000, never),
    ]
    await queue.send([content({ group_id: 'b' }), content({ group_id: 'a' }), content({ group_id: 'b' })])
    expect((await Promise.all(waiting)).map(({ sessionId }) => sessionId)).toEqual(['b', 'a'])
    delivery.pump(first, 'b')
    delivery.pump(second, 'a')
    expect([numbersOf(first), numbersOf(second)]).toEqual([[1, 3], [2]])
    await expect(delivery.accept(receiver(1), 'a', 0, never)).rejects.toMatchObject({
      condition: 'com.microsoft:session-cannot-be-locked',
    })
    queue.close()
  })

  test('that are left give back what was not settled, in order, with one delivery more', async () => {
    const queue = queueOf({ requiresSession: true })
    const delivery = sessions(queue.main)
    await queue.send([1, 2, 3].map(() => content({ group_id: 's' })))
    const first = receiver(2)
    await delivery.accept(first, 's', 0, never)
    delivery.pump(first, 's')
    delivery.leave(first, 's')
    expect(first.lost).toEqual(['s'])
    const second = receiver(3)
    await delivery.accept(second, undefined, 0, never)
    delivery.pump(second, 's')
    expect(second.got.map(({ message }) => [message.sequenceNumber, message.attempts])).toEqual([
      [1, 2],
      [2, 2],
      [3, 1],
    ])
    await expect(queue.main.complete(tokenOf(first))).rejects.toMatchObject({
      condition: 'com.microsoft:session-lock-lost',
    })
    queue.close()
  })

  test('nobody waits any more for after the signal, and none is lost by it', async () => {
    const queue = queueOf({ requiresSession: true })
    const delivery = sessions(queue.main)
    const gone = new AbortController()
    const waiting = delivery.accept(receiver(1), undefined, 60_000, gone.signal)
    gone.abort()
    await expect(waiting).rejects.toThrow(/abort/iu)
    await queue.send([content({ group_id: 's' })])
    expect((await delivery.accept(receiver(1), undefined, 0, never)).sessionId).toBe('s')
    queue.close()
  })
})

describe('a restart', () => {
  test('counts a delivery that nobody settled, and makes a dead letter of the last one', async () => {
    const before = queueOf({ maxDeliveryCount: 2 })
    await before.send([content({ message_id: 'a' }), content({ message_id: 'b' })])
    const [first, second] = [...before.main.messages.values()]
    if (first === undefined || second === undefined) throw new Error('too few')
    const after = queueOf({ maxDeliveryCount: 2 })
    after.restore({
      messages: [
        { ...first, attempts: 1 },
        { ...second, attempts: 2 },
      ],
      seen: [],
    })
    const taker = receiver(5)
    plain(after.main).join(taker)
    expect(numbersOf(taker)).toEqual([1])
    expect([...after.deadLetters.messages.keys()]).toEqual([2])
    after.close()
  })
})

function never(): never {
  throw new Error('nothing was delivered')
}
