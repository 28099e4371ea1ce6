import type { Random } from './random.ts'

/** An event in the form of the import. */
export interface DemoEvent {
  readonly tenant: string
  readonly streamId: string
  readonly id: string
  readonly source: string
  readonly type: string
  readonly time: string
  readonly data: Readonly<Record<string, unknown>>
  readonly metadata: Readonly<Record<string, unknown>>
  readonly correlationId: string
  readonly causationId?: string
}

export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

export interface StoryStart {
  readonly tenant: string
  readonly source: string
  /** First part of the stream's name. A random number follows. */
  readonly kind: string
  readonly beginsAtMs: number
  readonly random: Random
}

/** What happens in one stream, step by step. Each event is caused by the previous event, and is later. */
export class Story {
  readonly random: Random
  readonly streamId: string
  readonly events: DemoEvent[] = []
  readonly #start: StoryStart
  #atMs: number

  constructor(start: StoryStart) {
    this.#start = start
    this.random = start.random
    // 48 random bits: two streams of a tenant never get the same name, even with different seeds.
    this.streamId = `${start.kind}-${start.random.hex(12)}`
    this.#atMs = start.beginsAtMs
  }

  /** The current time in the story. */
  get atMs(): number {
    return this.#atMs
  }

  /** Lets time pass, at least a second. */
  pass(leastMs: number, mostMs: number): this {
    this.#atMs += Math.max(1_000, this.random.whole(leastMs, mostMs))
    return this
  }

  happen(type: string, data: Readonly<Record<string, unknown>>, by: string): this {
    const { tenant, source, kind } = this.#start
    const cause = this.events.at(-1)?.id
    this.events.push({
      tenant,
      streamId: this.streamId,
      id: `${this.streamId}.${this.events.length + 1}`,
      source,
      type: `${kind}.${type}`,
      time: new Date(this.#atMs).toISOString(),
      data,
      metadata: { by },
      correlationId: this.streamId,
      ...(cause === undefined ? {} : { causationId: cause }),
    })
    return this
  }
}
