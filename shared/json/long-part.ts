/** How much a long array or object holds. */
export interface LongPart {
  /** Characters of the text that it was parsed from. */
  readonly characters: number
  /** Its members or items, as the text has them: two with one name are two. */
  readonly members: number
}

const longParts = new WeakMap<object, LongPart>()

/** For the parser: remembers how much a long array or object holds. */
export function noteLongPart(value: object, part: LongPart): void {
  longParts.set(value, part)
}

/**
 * How much a long array or object holds, so that no check has to walk through megabytes to find out that there is too
 * much. Undefined for a value whose text is no longer than a turn, and for a value that was not parsed in turns.
 */
export function longPartOf(value: unknown): LongPart | undefined {
  return typeof value === 'object' && value !== null ? longParts.get(value) : undefined
}
