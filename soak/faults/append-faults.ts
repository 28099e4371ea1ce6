import type { Fault, FaultAction } from '../../packages/tcp-proxy/index.ts'
import type { Random } from '../plan/index.ts'

const ACTIONS: readonly (readonly [FaultAction, number])[] = [
  ['cut-request', 20],
  ['cut-response', 35],
  ['cut-delayed', 25],
  // A swallowed answer costs a caller its whole time limit.
  ['half-open', 2],
  ['delay', 18],
]

const DELAY_MAX_MS = 40
/** What a message that appends holds: append, or append_batch. */
const APPEND = Buffer.from('trickle_events_log.append')

/** What networks do to appends that take the way through the proxy: to a share of them, by chance. */
export class AppendFaults {
  readonly used: Record<FaultAction, number> = {
    'cut-request': 0,
    'cut-response': 0,
    'cut-delayed': 0,
    'half-open': 0,
    delay: 0,
  }
  readonly #random: Random
  readonly #share: number

  /** @param share 0 to 1: of the appends that pass, so many are disturbed */
  constructor(random: Random, share: number) {
    this.#random = random
    this.#share = share
  }

  readonly faultOf = (request: Buffer): Fault | undefined => {
    if (!request.includes(APPEND) || !this.#random.chance(this.#share)) return undefined
    const action = this.#random.pick(ACTIONS)
    this.used[action] += 1
    return { action, delayMs: this.#random.next() * DELAY_MAX_MS }
  }
}
