import type { Fault, FaultAction } from '../../packages/tcp-proxy/index.ts'
import type { Random } from '../plan/index.ts'

const ACTIONS: readonly (readonly [FaultAction, number])[] = [
  ['cut-request', 20],
  ['cut-response', 35],
  ['cut-delayed', 25],
  // Rare: each swallowed answer makes its caller wait for the whole time limit.
  ['half-open', 2],
  ['delay', 18],
]

const DELAY_MAX_MS = 40
/** Every message that appends contains this text: it is the start of append and of append_batch. */
const APPEND = Buffer.from('trickle_events_log.append')

/** Chooses by chance which appends through the proxy are disturbed, and how, as a bad network would disturb them. */
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

  /** @param share 0 to 1: the part of the appends through the proxy that is disturbed */
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
