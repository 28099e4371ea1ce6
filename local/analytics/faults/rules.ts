import { z } from 'zod'
import { FAULT_DELAY_MAX_MS, FAULT_RULES_MAX } from '../limits.ts'

const ruleSchema = z
  .strictObject({
    /** A part of the subject, case ignored, or `/pattern/flags`. */
    match: z.string().min(1).max(1000),
    /** Answer with this status. */
    status: z.int().min(400).max(599).optional(),
    /** Wait for this time, then do the work (or answer with the status, or cut). */
    delayMs: z.int().min(0).max(FAULT_DELAY_MAX_MS).optional(),
    /** Destroy the connection. */
    cut: z.literal(true).optional(),
    /** Do the work first, then answer with the status or cut: the caller does not get the real answer. */
    after: z.boolean().default(false),
    /** How often the rule fires. Without this number it fires until the rules are replaced or cleared. */
    times: z.int().min(1).max(1_000_000).optional(),
    /** The chance (0 to 1) that the rule fires when it matches. */
    probability: z.number().min(0).max(1).optional(),
  })
  .refine((rule) => rule.status !== undefined || rule.delayMs !== undefined || rule.cut === true, {
    message: 'a rule needs status, delayMs or cut',
  })
  .refine((rule) => rule.status === undefined || rule.cut === undefined, {
    message: 'status and cut exclude each other',
  })
  .refine((rule) => !rule.after || rule.status !== undefined || rule.cut === true, {
    message: 'after needs status or cut',
  })

export type FaultRule = z.infer<typeof ruleSchema>

export const faultPlanSchema = z.strictObject({
  /** Starts the random numbers for `probability`: the same seed gives the same numbers. */
  seed: z.int().default(1),
  rules: z.array(ruleSchema).max(FAULT_RULES_MAX),
})

/** `/pattern/flags` as a pattern; undefined for plain text. @throws SyntaxError for a wrong pattern */
export function patternOf(match: string): RegExp | undefined {
  const parts = /^\/(.+)\/([ims]*)$/su.exec(match)
  if (parts === null) return undefined
  return new RegExp(parts[1] ?? '', `u${parts[2] ?? ''}`)
}

/** Mulberry32: a small generator of numbers from 0 to 1 whose whole state is its seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
