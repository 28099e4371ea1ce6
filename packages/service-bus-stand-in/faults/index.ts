/**
 * Faults on demand, for tests and demonstrations: dropped connections, lost locks, messages that come twice, late
 * settlements.
 *
 * Invariants: the same plan and the same traffic give the same faults; a plan that is wrong changes nothing; no fault
 * does what Azure can't do: nothing that was acknowledged is lost.
 */
import { z } from 'zod'
import { faultPlanSchema, seededRandom } from './rules.ts'
import type { FaultPoint, FaultRule } from './rules.ts'

export type { FaultPoint, FaultRule } from './rules.ts'

export class Faults {
  #seed = 1
  #random = seededRandom(1)
  #rules: { readonly rule: FaultRule; hits: number }[] = []

  /** The first rule that fires here; the firing is counted. */
  decide(on: FaultPoint, queue: string): FaultRule | undefined {
    for (const active of this.#rules) {
      const { rule, hits } = active
      if (rule.on !== on || (rule.queue !== undefined && rule.queue !== queue)) continue
      if (rule.times !== undefined && hits >= rule.times) continue
      if (rule.probability !== undefined && this.#random() >= rule.probability) continue
      active.hits += 1
      return rule
    }
    return undefined
  }

  /**
   * Replaces all rules by those of a plan, `{seed?, rules: [{on, action, …}]}`.
   * @returns what is wrong with the plan, and nothing has changed; undefined when it was accepted
   */
  set(plan: unknown): string | undefined {
    const parsed = faultPlanSchema.safeParse(plan)
    if (!parsed.success) return z.prettifyError(parsed.error)
    this.#seed = parsed.data.seed
    this.#random = seededRandom(this.#seed)
    this.#rules = parsed.data.rules.map((rule) => ({ rule, hits: 0 }))
    return undefined
  }

  /** The rules as they were given, and how often each of them fired. */
  show(): { readonly seed: number; readonly rules: readonly (FaultRule & { readonly hits: number })[] } {
    return { seed: this.#seed, rules: this.#rules.map(({ rule, hits }) => ({ ...rule, hits })) }
  }
}
