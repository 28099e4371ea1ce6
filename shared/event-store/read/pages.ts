import type { EventTexts } from './event-texts.ts'

/** A page of a stream. Its events are JSON texts, passed through as they are stored. */
export class StreamPage {
  readonly texts: EventTexts
  readonly streamVersion: number
  /**
   * Version to go on from in the same direction, after the last one that was read; null at the end of stream or range.
   */
  readonly next: number | null

  constructor(texts: EventTexts, streamVersion: number, next: number | null) {
    this.texts = texts
    this.streamVersion = streamVersion
    this.next = next
  }

  /** The events one by one. `texts` costs less where they are only passed on. */
  get events(): readonly string[] {
    return this.texts.each()
  }
}

/** A page of a tenant's feed. Its events are JSON texts, passed through as they are stored. */
export class FeedPage {
  readonly texts: EventTexts
  /** Checkpoint token after the last event that was read; always there. */
  readonly next: string
  /** Checkpoint token after each event, when the query asked for them. */
  readonly checkpoints: readonly string[] | undefined

  constructor(texts: EventTexts, next: string, checkpoints?: readonly string[]) {
    this.texts = texts
    this.next = next
    this.checkpoints = checkpoints
  }

  /** The events one by one. `texts` costs less where they are only passed on. */
  get events(): readonly string[] {
    return this.texts.each()
  }
}
