import { TrickleError } from '../errors/index.ts'
import type { FieldProblem } from '../errors/index.ts'
import { describePosition, findSyntaxError } from './syntax-error.ts'

/**
 * A text up to this length is parsed at once and, if it is wrong, read a second time to find the best message. Both
 * take a few milliseconds; for megabytes they would take seconds in which the process answers nobody.
 */
export const SHORT_TEXT_CHARACTERS = 262_144

/** Says that a text is no JSON, and where it goes wrong. */
export function malformed(text: string, offset: number, message: string): TrickleError {
  const fault = text.length <= SHORT_TEXT_CHARACTERS ? findSyntaxError(text) : undefined
  if (fault !== undefined) {
    const { line, column } = describePosition(text, fault.offset)
    return new TrickleError(
      'MALFORMED_JSON',
      `The text is not valid JSON at line ${line}, column ${column}: ${fault.message}.`,
      { extensions: { line, column } },
    )
  }
  // Lines are not counted here: that would be one more scan.
  return new TrickleError(
    'MALFORMED_JSON',
    `The text is not valid JSON at character ${offset + 1}: ${message}.`,
    { extensions: { character: offset + 1 } },
  )
}

/**
 * Looks for the fault in a piece of a text that JSON.parse has refused.
 * @param opening what stood around the piece when it was parsed, `[` and `]` for example
 */
export function findFault(
  text: string,
  start: number,
  end: number,
  opening = '',
  closing = '',
): TrickleError {
  const isShort = end - start <= SHORT_TEXT_CHARACTERS && text.length > SHORT_TEXT_CHARACTERS
  const found = isShort ? findSyntaxError(`${opening}${text.slice(start, end)}${closing}`) : undefined
  if (found === undefined) return malformed(text, end, 'the text before is not what JSON expects')
  return malformed(text, start + Math.max(0, found.offset - opening.length), found.message)
}

export function tooDeep(maxDepth: number): TrickleError {
  return new TrickleError(
    'JSON_TOO_DEEP',
    `Arrays and objects nest deeper than ${maxDepth} levels. Flatten the document.`,
  )
}

/** The refusal of numbers and strings that can't be kept; undefined where there are none. Numbers go first. */
export function unfit(
  inexact: readonly FieldProblem[],
  unsafe: readonly FieldProblem[],
): TrickleError | undefined {
  const [number] = inexact
  if (number !== undefined) {
    return new TrickleError(
      'NUMBER_NOT_EXACT',
      `A number can be kept only as an integer of 64 bits or as a double that says the same (first at "${number.pointer}": ${number.message}). Send it as a string.`,
      { errors: inexact },
    )
  }
  const [text] = unsafe
  if (text === undefined) return undefined
  return new TrickleError(
    'INVALID_TEXT',
    `At "${text.pointer}" ${text.message}, which cannot be stored. Remove or replace it.`,
    { errors: unsafe },
  )
}
