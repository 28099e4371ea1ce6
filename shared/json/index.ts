/**
 * JSON that keeps its meaning on the way from a client to PostgreSQL and on to the analytics side.
 *
 * Invariants: a number is kept with its exact decimal value or refused with a code; a string that PostgreSQL cannot
 * store is refused with the place where it stands; nesting has a limit that is checked before anything is built; no
 * error repeats the content of the text beyond one number; what clients send is worked through in turns of a few
 * milliseconds, so that one large text keeps nobody else waiting. `JSON.stringify` writes a parsed value with the same numbers.
 * It must not know of HTTP, schemas or events.
 */
export { isBlankLine } from './blank-line.ts'
export {
  parseExactJson,
  parseExactJsonInTurns,
  DEFAULT_DEPTH_MAX,
  type ParseExactOptions,
} from './parse-exact.ts'
export { LineCutter, type CutLine } from './line-cutter.ts'
export { longPartOf, type LongPart } from './long-part.ts'
export { decodeUtf8 } from './decode-utf8.ts'
export { canonicalJson, canonicalPieces } from './canonical.ts'
export { jsonbBytes } from './jsonb-bytes.ts'
export { jsonPointer } from './pointer.ts'
export { isRawJson, type RawJson } from './raw-json.ts'
