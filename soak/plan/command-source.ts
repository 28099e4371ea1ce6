import { ANY, SOME } from './command.ts'
import type { Command, CommandWrite, Identity } from './command.ts'
import type { Random } from './random.ts'
import { streamNumber, streamsOfAll } from './stream-space.ts'
import type { StreamSpace } from './stream-space.ts'

const SHARE_HOT = 0.35
const SHARE_SEVERAL = 0.15
const SHARE_CONDITION = 0.5
/** Most events are small. Some are so large that PostgreSQL moves them to the TOAST table: commits differ in length. */
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
 * Each command expects a version that an answer has named, or, if no answer has named the stream, that it does not
 * exist. Versions only grow, so such an expectation is true now or can never be true again. Therefore a refusal is
 * final: another attempt at the command that is still under way can't succeed after it.
 */
export class CommandSource {
  readonly #space: StreamSpace
  readonly #random: Random
  readonly #incarnation: number
  /** The highest version of each stream that an answer has named; 0: this process knows nothing about the stream. */
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

  /** Notes that, according to an answer, the stream has at least this version. */
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
