import { expect, it } from 'vitest'
import { UncertainAttempts } from '../../../shared/messages/index.ts'

const message = (sequenceNumber: bigint | null, body = 'x') => ({ sequenceNumber, body: Buffer.from(body) })

it('counts the attempts of each message of each queue', () => {
  const attempts = new UncertainAttempts()
  expect([1, 2, 3].map(() => attempts.add('a', message(7n)))).toEqual([1, 2, 3])
  expect(attempts.add('b', message(7n))).toBe(1)
  expect(attempts.add('a', message(8n))).toBe(1)
})

it('knows a message by its body where the host does not tell its number', () => {
  const attempts = new UncertainAttempts()
  expect(attempts.add('a', message(null, 'one'))).toBe(1)
  expect(attempts.add('a', message(null, 'other'))).toBe(1)
  expect(attempts.add('a', message(null, 'one'))).toBe(2)
})

it('forgets those that failed longest ago when there are many', () => {
  const attempts = new UncertainAttempts()
  attempts.add('a', message(0n))
  for (let number = 1n; number < 10_000n; number += 1n) attempts.add('a', message(number))
  attempts.add('a', message(0n))
  attempts.add('a', message(10_000n))
  expect(attempts.add('a', message(0n)), 'it has failed a moment ago').toBe(3)
  expect(attempts.add('a', message(1n)), 'it was the oldest').toBe(1)
})
