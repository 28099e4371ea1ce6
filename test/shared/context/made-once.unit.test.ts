import { expect, it } from 'vitest'
import { madeOnce } from '../../../shared/context/index.ts'

it('makes a service when it is first used, and keeps it', () => {
  const made: string[] = []
  const services = madeOnce({
    first: () => ({ number: made.push('first') }),
    second: () => made.push('second'),
  })
  expect(made).toEqual([])
  const { first } = services
  expect(services.first).toBe(first)
  expect(made).toEqual(['first'])
})

it('keeps what is falsy as well', () => {
  let count = 0
  const services = madeOnce({
    nothing: () => {
      count += 1
      return null
    },
  })
  expect([services.nothing, services.nothing, count]).toEqual([null, null, 1])
})

it('tries again where the maker threw', () => {
  let isThere = false
  const services = madeOnce({
    late: () => {
      if (!isThere) throw new Error('not yet')
      return 'there'
    },
  })
  expect(() => services.late).toThrow('not yet')
  isThere = true
  expect(services.late).toBe('there')
})
