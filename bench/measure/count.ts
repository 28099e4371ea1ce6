import { meets } from './figure.ts'
import type { Target } from './figure.ts'

/** Something that is counted in the same run and compared with nothing: conflicts, round trips, shares. */
export interface Count {
  readonly section: string
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly target: (Target & { readonly isMet: boolean }) | null
}

/** Judges a count by its target, if it has one. */
export function countOf(facts: Pick<Count, 'section' | 'name' | 'value' | 'unit'>, target?: Target): Count {
  return {
    ...facts,
    target: target === undefined ? null : { ...target, isMet: meets(facts.value, target) },
  }
}
