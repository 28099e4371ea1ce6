import { meets } from './figure.ts'
import type { Target } from './figure.ts'

/** A number that is counted in a run and not compared with a baseline: conflicts, round trips, shares. */
export interface Count {
  readonly section: string
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly target: (Target & { readonly isMet: boolean }) | null
}

/** Makes a count, and judges it by its target, if there is one. */
export function countOf(facts: Pick<Count, 'section' | 'name' | 'value' | 'unit'>, target?: Target): Count {
  return {
    ...facts,
    target: target === undefined ? null : { ...target, isMet: meets(facts.value, target) },
  }
}
