const lengths = new WeakMap<object, number>()

/** For the parser: remembers of how much text a long array or object was made. */
export function noteSourceLength(value: object, characters: number): void {
  lengths.set(value, characters)
}

/**
 * How many characters of text a long array or object was parsed from, so that nothing has to walk through megabytes to
 * find out that they are too many. Undefined for what is no longer than a piece, and for what was not parsed in pieces.
 */
export function sourceLengthOf(value: unknown): number | undefined {
  return typeof value === 'object' && value !== null ? lengths.get(value) : undefined
}
