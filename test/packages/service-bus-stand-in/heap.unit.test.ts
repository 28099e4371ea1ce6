import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Heap } from '../../../packages/service-bus-stand-in/engine/heap.ts'

test('a heap gives its items in order, whatever the order in which they came', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.integer(), fc.constant('take' as const))), (steps) => {
      const heap = new Heap<number>((left, right) => left < right)
      const model: number[] = []
      for (const step of steps) {
        const [taken, expected] = step === 'take' ? [heap.pop(), model.shift()] : [undefined, undefined]
        expect(taken).toBe(expected)
        if (step !== 'take') {
          heap.push(step)
          model.push(step)
          model.sort((left, right) => left - right)
        }
        expect(heap.peek()).toBe(model[0])
        expect(heap.size).toBe(model.length)
      }
    }),
  )
})
