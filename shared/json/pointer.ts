/** Longer pointers are cut: a member name can be as long as the body, and an error message must not be. */
const POINTER_CHARACTERS_MAX = 300

/**
 * Writes a path of member names and indexes as an RFC 6901 JSON pointer. The root is the empty string.
 * Characters that cannot be stored or printed (U+0000, lone surrogates) appear as U+FFFD.
 */
export function jsonPointer(path: readonly PropertyKey[]): string {
  let pointer = ''
  for (const part of path) {
    pointer += `/${escapePart(String(part))}`
    if (pointer.length > POINTER_CHARACTERS_MAX) return `${pointer.slice(0, POINTER_CHARACTERS_MAX)}…`
  }
  return pointer
}

function escapePart(part: string): string {
  // One character beyond the limit is kept, so that the caller sees that there is more and marks the cut.
  const bounded = part.slice(0, POINTER_CHARACTERS_MAX + 1).toWellFormed()
  return bounded.replaceAll('\u0000', '\uFFFD').replaceAll('~', '~0').replaceAll('/', '~1')
}
