import { endOfString } from './tokens.ts'

/** An array or object that a walk over a text is inside of. Reused for the next one at the same depth. */
export interface OpenPart {
  isArray: boolean
  /** Where its bracket stands. */
  start: number
  /** Where the text begins that is not built yet. */
  pieceStart: number
  /** Where the member begins that the walk is in: after the last comma. */
  memberStart: number
  /** Members before that one. */
  members: number
  /** What is built of it; undefined as long as it is short enough to be parsed at once. */
  built: object | undefined
  /** True right after a member that was built by itself: only a comma or the end may follow. */
  isAfterChild: boolean
}

export const newPart = (): OpenPart => ({
  isArray: false,
  start: 0,
  pieceStart: 0,
  memberStart: 0,
  members: 0,
  built: undefined,
  isAfterChild: false,
})

/** The path of names and indexes that leads to the member in which the walk stands. */
export function pathOf(text: string, parts: readonly OpenPart[]): PropertyKey[] {
  return parts.map((part) => (part.isArray ? part.members : nameAt(text, part.memberStart)))
}

/** The name of the member that begins at `start`; '' if the text is no JSON there, which is reported later. */
function nameAt(text: string, start: number): string {
  const quote = text.indexOf('"', start)
  if (quote === -1) return ''
  try {
    return String(JSON.parse(text.slice(quote, endOfString(text, quote) + 1)))
  } catch {
    return ''
  }
}
