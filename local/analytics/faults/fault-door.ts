import { z } from 'zod'
import { faultPlanSchema, patternOf, seededRandom } from './rules.ts'
import type { FaultRule } from './rules.ts'

/** What happens to a request instead of its work, or in addition to it. */
export interface Fault {
  readonly delayMs: number
  /** Undefined: only the delay. */
  readonly ending: { readonly kind: 'cut' } | { readonly kind: 'status'; readonly status: number } | undefined
  readonly after: boolean
}

interface ActiveRule {
  readonly rule: FaultRule
  readonly matches: (subject: string) => boolean
  hits: number
}

/** Only this many characters of a subject are compared with the rules, since a command may carry megabytes of data. */
const SUBJECT_LENGTH_MAX = 10_000

export interface FaultDoor {
  /** The fault of the first rule that matches and fires; the firing is counted. Undefined when no rule fires. */
  decide(subject: string): Fault | undefined
  /** Replaces all rules. @returns what is wrong with the plan; undefined when the plan was accepted */
  set(plan: unknown): string | undefined
  clear(): void
  /** The rules as they were given, and how often each of them fired. */
  show(): Record<string, unknown>
}

export function createFaultDoor(): FaultDoor {
  let seed = 1
  let random = seededRandom(seed)
  let rules: ActiveRule[] = []
  const fires = (active: ActiveRule, subject: string): boolean => {
    if (active.rule.times !== undefined && active.hits >= active.rule.times) return false
    if (!active.matches(subject)) return false
    return active.rule.probability === undefined || random() < active.rule.probability
  }
  return {
    decide: (subject) => {
      const active = rules.find((candidate) => fires(candidate, subject.slice(0, SUBJECT_LENGTH_MAX)))
      if (active === undefined) return undefined
      active.hits += 1
      return faultOf(active.rule)
    },
    set: (plan) => {
      const parsed = faultPlanSchema.safeParse(plan)
      if (!parsed.success) return z.prettifyError(parsed.error)
      try {
        rules = parsed.data.rules.map((rule) => activate(rule))
      } catch (error) {
        return error instanceof Error ? error.message : String(error)
      }
      seed = parsed.data.seed
      random = seededRandom(seed)
      return undefined
    },
    clear: () => {
      rules = []
    },
    show: () => ({ seed, rules: rules.map(({ rule, hits }) => ({ ...rule, hits })) }),
  }
}

function faultOf(rule: FaultRule): Fault {
  const delayMs = rule.delayMs ?? 0
  if (rule.cut === true) return { delayMs, ending: { kind: 'cut' }, after: rule.after }
  if (rule.status !== undefined) {
    return { delayMs, ending: { kind: 'status', status: rule.status }, after: rule.after }
  }
  return { delayMs, ending: undefined, after: false }
}

function activate(rule: FaultRule): ActiveRule {
  const pattern = patternOf(rule.match)
  const text = rule.match.toLowerCase()
  const matches =
    pattern === undefined
      ? (subject: string): boolean => subject.toLowerCase().includes(text)
      : (subject: string): boolean => pattern.test(subject)
  return { rule, matches, hits: 0 }
}
