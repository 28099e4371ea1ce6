import rhea from 'rhea'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Delivery, Receiver } from '../../../packages/service-bus-stand-in/engine/index.ts'
import { Stage, content, deliveryOf, numbersOf, plain, receiver, tokenOf } from './queue-stage.ts'

let stage: Stage

beforeEach(() => {
  stage = new Stage()
})

describe('sending', () => {
  test('shows a message to nobody before it is on the disk', async () => {
    const queue = stage.queue()
    const taker = receiver(5)
    plain(queue.main).join(taker)
    const flushed = stage.holdDisk()
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
    const queue = stage.queue({}, one.raw.length * 2)
    await expect(queue.send([one, one, one])).rejects.toMatchObject({
      condition: 'amqp:resource-limit-exceeded',
    })
    expect(stage.written).toEqual([])
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
    const queue = stage.queue(detecting)
    await queue.send([content({ message_id: 'a' })])
    stage.now += 19_999
    await queue.send([content({ message_id: 'a' })])
    expect(stage.written).toEqual(['put 1'])
    stage.now += 1
    await queue.send([content({ message_id: 'a' })])
    expect(stage.written).toEqual(['put 1', 'forgotten a', 'put 2'])
  })

  test('of a message that is not on the disk yet are answered when that one is', async () => {
    const queue = stage.queue(detecting)
    const flushed = stage.holdDisk()
    const order: string[] = []
    const first = queue.send([content({ message_id: 'a' })]).then(() => order.push('first'))
    const second = queue.send([content({ message_id: 'a' })]).then(() => order.push('second'))
    await Promise.resolve()
    expect(order).toEqual([])
    flushed()
    await Promise.all([first, second])
    expect(stage.written).toEqual(['put 1'])
  })
})

describe('delivery without sessions', () => {
  test('gives the oldest first, to the receivers in turn, as far as they have credit', async () => {
    const queue = stage.queue()
    await queue.send([content(), content(), content(), content()])
    const [one, two] = [receiver(3), receiver(1)]
    plain(queue.main).join(two)
    plain(queue.main).join(one)
    expect([numbersOf(two), numbersOf(one)]).toEqual([[1], [2, 3, 4]])
  })

  test('gives a message that was abandoned again before the later ones', async () => {
    const queue = stage.queue()
    await queue.send([content(), content(), content()])
    const first = receiver(1)
    plain(queue.main).join(first)
    plain(queue.main).leave(first)
    await queue.main.abandon(tokenOf(first), {})
    const second = receiver(3)
    plain(queue.main).join(second)
    expect(numbersOf(second)).toEqual([1, 2, 3])
    expect(queue.main.factsOf(deliveryOf(second).message, 5).deliveryCount).toBe(1)
  })

  test('settles by a lock once, and not when its time is over', async () => {
    const queue = stage.queue({ lockDurationMs: 1000 })
    await queue.send([content(), content()])
    const taker = receiver(2)
    plain(queue.main).join(taker)
    await queue.main.complete(tokenOf(taker))
    await expect(queue.main.complete(tokenOf(taker))).rejects.toMatchObject({
      condition: 'com.microsoft:message-lock-lost',
    })
    stage.now += 1000
    await expect(queue.main.complete(tokenOf(taker, 1))).rejects.toMatchObject({
      condition: 'com.microsoft:message-lock-lost',
    })
    queue.close()
  })

  test('by a receiver that removes at once leaves nothing', async () => {
    const queue = stage.queue()
    await queue.send([content()])
    const got: Delivery[] = []
    const taker: Receiver = {
      removesAtOnce: true,
      credit: () => 1,
      deliver: (delivery) => got.push(delivery),
    }
    plain(queue.main).join(taker)
    expect(got).toHaveLength(1)
    expect(stage.written).toEqual(['put 1', 'attempt 1 1', 'remove 1'])
  })
})

describe('dead letters', () => {
  test('are made after the last delivery, and stay with their number and reason', async () => {
    const queue = stage.queue({ maxDeliveryCount: 2 })
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
    const { raw } = deliveryOf(reader).message.content
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
      const queue = stage.queue({ deadLetteringOnMessageExpiration })
      await queue.send([content({ ttl: 1000 }), content()])
      stage.now += 999
      queue.sweep()
      expect(queue.main.messages.size).toBe(2)
      stage.now += 1
      queue.sweep()
      expect(queue.main.messages.size).toBe(1)
      expect(queue.deadLetters.messages.size).toBe(deadLetteringOnMessageExpiration ? 1 : 0)
    }
  })

  test('are not made of a message that a receiver holds when its time is over', async () => {
    const queue = stage.queue()
    await queue.send([content({ ttl: 1000 })])
    const taker = receiver(1)
    plain(queue.main).join(taker)
    stage.now += 5000
    queue.sweep()
    await queue.main.complete(tokenOf(taker))
    expect(queue.deadLetters.messages.size).toBe(0)
    queue.close()
  })
})
