import { TrickleError } from '../errors/index.ts'
import { printedLength } from './exact-number.ts'
import { endOfNumber, endOfString, hasExponent } from './tokens.ts'

/**
 * A double prints with at most this many characters: sign, `0.`, and the decimals of the smallest one with 17 digits. A
 * longer number was never a double. It takes little room in jsonb and prints long, so its stored size would not limit a
 * page.
 */
const PRINTED_NUMBER_MAX = 3 + 324 + 16

const QUOTE = 0x22
const COMMA = 0x2c
const MINUS = 0x2d
const ZERO = 0x30
const NINE = 0x39
const COLON = 0x3a

/**
 * How many bytes PostgreSQL prints for a jsonb that is made from this text: these bytes are read and forwarded.
 * Compared with the text they have a space after each `:` and `,`, and numbers without exponent: `1e308` becomes 309
 * digits.
 *
 * It costs about as much as `JSON.parse`, less where there are strings, so every event is counted and none is
 * estimated.
 * @param json as `JSON.stringify` writes it: no white space, no member twice, escapes only where they must be.
 * @throws TrickleError NUMBER_NOT_EXACT for a number that no double can be.
 */
export function jsonbBytes(json: string): number {
  let bytes = Buffer.byteLength(json)
  for (let index = 0; index < json.length; index += 1) {
    const code = json.charCodeAt(index)
    if (code === QUOTE) index = endOfString(json, index)
    else if (code === COMMA || code === COLON) bytes += 1
    else if (code === MINUS || (code >= ZERO && code <= NINE)) {
      const end = endOfNumber(json, index)
      const isAsWritten = !hasExponent(json, index, end) && !mayBeNegativeZero(json, index)
      const printed = isAsWritten ? end - index : printedLength(json.slice(index, end))
      if (printed > PRINTED_NUMBER_MAX) throw beyondDoubles()
      bytes += printed - (end - index)
      index = end - 1
    }
  }
  return bytes
}

const mayBeNegativeZero = (json: string, start: number): boolean =>
  json.charCodeAt(start) === MINUS && json.charCodeAt(start + 1) === ZERO

const beyondDoubles = (): TrickleError =>
  new TrickleError('NUMBER_NOT_EXACT', 'A number is larger or smaller than any double. Send it as a string.')
