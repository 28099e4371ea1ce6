import { describe, expect, it } from 'vitest'
import { defineProjection } from '../../../../shared/subscriptions/index.ts'

const project = () => []

describe('a projection', () => {
  it('has the defaults of a subscription', () => {
    expect(defineProjection({ name: 'totals', project })).toMatchObject({
      name: 'totals',
      types: null,
      startAt: 'beginning',
      maxAttempts: 5,
      onPoison: 'park-stream',
    })
  })

  it.each([
    [{ name: 'Totals', project }, 'name'],
    [{ name: 'totals', maxAttempts: 0, project }, 'maxAttempts'],
    [{ name: 'totals', types: [], project }, 'types'],
    [{ name: 'totals', backoffMs: { first: 2, longest: 1 }, project }, 'backoffMs'],
  ])('is refused when it can not be: %o', (definition, what) => {
    expect(() => defineProjection(definition)).toThrow(what)
  })
})
