import { beforeEach, describe, expect, test } from 'vitest'
import { Stage, content, numbersOf, plain, receiver, sessions, tokenOf } from './queue-stage.ts'

let stage: Stage

beforeEach(() => {
  stage = new Stage()
})

describe('sessions', () => {
  const never = new AbortController().signal

  test('are given the oldest first, each to one, and waited for in turn', async () => {
    const queue = stage.queue({ requiresSession: true })
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
    const queue = stage.queue({ requiresSession: true })
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
    const queue = stage.queue({ requiresSession: true })
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
    const before = stage.queue({ maxDeliveryCount: 2 })
    await before.send([content({ message_id: 'a' }), content({ message_id: 'b' })])
    const [first, second] = [...before.main.messages.values()]
    if (first === undefined || second === undefined) throw new Error('too few')
    const after = stage.queue({ maxDeliveryCount: 2 })
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
