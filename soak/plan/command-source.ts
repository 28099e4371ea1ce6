import { ANY, SOME } from './command.ts'
import type { Command, CommandWrite, Identity } from './command.ts'
import type { Random } from './random.ts'
import { streamNumber, streamsOfAll } from './stream-space.ts'
import type { StreamSpace } from './stream-space.ts'

const SHARE_HOT = 0.35
const SHARE_SEVERAL = 0.15
const SHARE_CONDITION = 0.5
/** Most events are small; some need a TOAST table, so that commits take different times. */
const SHARE_LARGE = 0.02
const SMALL_BYTES = 200
const LARGE_BYTES = 4_000

const IDENTITIES: readonly (readonly [Identity, number])[] = [
  ['none', 40],
  ['ids', 25],
  ['key', 20],
  ['both', 15],
]

type Choice = 'any' | 'known' | 'exists' | 'stale'
const CHOICES: readonly (readonly [Choice, number])[] = [
  ['any', 66],
  ['known', 20],
  ['exists', 10],
  ['stale', 4],
]

/**
 * Makes up the commands of one writer process.
 *
 * What it expects of a stream is true now or can never be true again: a version that it has been told, or no stream where
 * it knows of none. So a refusal is final: an attempt that is still under way can not succeed after it.
 */
export class CommandSource {
  readonly #space: StreamSpace
  readonly #random: Random
  readonly #incarnation: number
  /** Versions that an answer has told; 0 for streams that this process knows nothing of. */
  readonly #known: Int32Array
  #nth = 0

  constructor(space: StreamSpace, random: Random, incarnation: number) {
    this.#space = space
    this.#random = random
    this.#incarnation = incarnation
    this.#known = new Int32Array(streamsOfAll(space))
  }

  get made(): number {
    return this.#nth
  }

  /** An answer told that the stream is at least at this version. */
  learn(tenant: number, stream: number, version: number): void {
    const number = streamNumber(this.#space, tenant, stream)
    this.#known[number] = Math.max(this.#known[number] ?? 0, version)
  }

  next(way: Command['way']): Command {
    const random = this.#random
    const tenant = random.below(this.#space.tenants)
    const streams = this.#pickStreams(random.chance(SHARE_SEVERAL) ? 2 + random.below(2) : 1)
    const hasCondition = streams.length > 1 && random.chance(SHARE_CONDITION)
    const [condition] = hasCondition ? streams.splice(-1) : []
    const command: Command = {
      id: `${this.#incarnation}-${this.#nth}`,
      tenant,
      writes: streams.map((stream) => this.#write(tenant, stream)),
      conditions:
        condition === undefined ? [] : [{ stream: condition, expected: this.#expect(tenant, condition) }],
      identity: way === 'transaction' ? 'ids' : random.pick(IDENTITIES),
      way,
      fillerBytes: random.below(random.chance(SHARE_LARGE) ? LARGE_BYTES : SMALL_BYTES),
    }
    this.#nth += 1
    return command
  }

  #write(tenant: number, stream: number): CommandWrite {
    return { stream, expected: this.#expect(tenant, stream), events: 1 + this.#random.below(3) }
  }

  #pickStreams(count: number): number[] {
    const { hotPerTenant, streamsPerTenant } = this.#space
    const picked = new Set<number>()
    while (picked.size < count) {
      const isHot = this.#random.chance(SHARE_HOT)
      picked.add(
        isHot
          ? this.#random.below(hotPerTenant)
          : hotPerTenant + this.#random.below(streamsPerTenant - hotPerTenant),
      )
    }
    return [...picked]
  }

  #expect(tenant: number, stream: number): number {
    const known = this.#known[streamNumber(this.#space, tenant, stream)] ?? 0
    switch (this.#random.pick(CHOICES)) {
      case 'any':
        return ANY
      case 'known':
        return known
      case 'exists':
        return known > 0 ? SOME : 0
      case 'stale':
        return Math.max(0, known - 1)
    }
  }
}
