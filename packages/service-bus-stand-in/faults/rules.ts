import { z } from 'zod'
import { FAULT_DELAY_MAX_MS, FAULT_RULES_MAX } from '../limits.ts'

/** What a rule can disturb. settle: complete, abandon or dead-letter. */
export type FaultPoint = 'send' | 'deliver' | 'settle'

const common = {
  /** Only for this queue, dead letters included. */
  queue: z.string().min(1).max(260).optional(),
  /** How often the rule fires. Without this number it fires until the rules are replaced. */
  times: z.int().min(1).max(1_000_000).optional(),
  /** The chance (0 to 1) that the rule fires. */
  probability: z.number().min(0).max(1).optional(),
}

const ruleSchema = z.discriminatedUnion('action', [
  z.strictObject({
    action: z.literal('drop-connection'),
    on: z.enum(['send', 'deliver', 'settle']),
    /** The work is done first, so only the answer is lost: the client can't know, and sends or settles again. */
    after: z.boolean().default(false),
    ...common,
  }),
  /** The lock is over at once: after the delivery, or just before the settlement. With sessions: that of the session. */
  z.strictObject({ action: z.literal('lose-lock'), on: z.enum(['deliver', 'settle']), ...common }),
  /** The settlement is acknowledged, and the message comes again all the same: what a failover in Azure may do. */
  z.strictObject({ action: z.literal('deliver-twice'), on: z.literal('settle'), ...common }),
  /** The work begins later. A lock may be over by then. */
  z.strictObject({
    action: z.literal('delay'),
    on: z.enum(['send', 'settle']),
    delayMs: z.int().min(1).max(FAULT_DELAY_MAX_MS),
    ...common,
  }),
])

export type FaultRule = z.infer<typeof ruleSchema>

export const faultPlanSchema = z.strictObject({
  /** Starts the random numbers for `probability`: the same seed gives the same numbers. */
  seed: z.int().default(1),
  rules: z.array(ruleSchema).max(FAULT_RULES_MAX),
})

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
