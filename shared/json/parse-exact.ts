import { TURN_CHARACTERS, Turns } from '../turns/index.ts'
import { SHORT_TEXT_CHARACTERS } from './faults.ts'
import { PieceParser } from './piece-parser.ts'

export interface ParseExactOptions {
  /** How deep arrays and objects may nest; a scalar has depth 0. */
  readonly maxDepth?: number
}

/** PostgreSQL's JSON parser recurses and stops at its stack limit; no sensible event nests anywhere near this deep. */
export const DEFAULT_DEPTH_MAX = 100

/**
 * Parses a JSON text (RFC 8259) without loss: the value holds doubles where they say exactly what the text says, and
 * raw JSON (`isRawJson`) for integers within int64 that a double would change. `__proto__` becomes an ordinary own
 * member. Of members with the same name the last one counts, as in PostgreSQL's jsonb.
 *
 * Cost: one walk beside `JSON.parse` (about a third of it); only texts with integers beyond 2^53 go through a reviver.
 * It does not stop in between, so texts of clients go through `parseExactJsonInTurns`.
 * @throws TrickleError MALFORMED_JSON (with the place), JSON_TOO_DEEP, NUMBER_NOT_EXACT, INVALID_TEXT (with pointers).
 */
export function parseExactJson(
  text: string,
  { maxDepth = DEFAULT_DEPTH_MAX }: ParseExactOptions = {},
): unknown {
  const parser = new PieceParser(text, { maxDepth, pieceCharacters: Infinity })
  parser.advance(text.length)
  return parser.finish()
}

/**
 * As `parseExactJson`, and lets other work of the process run after every piece of a long text. Short texts are parsed
 * at once.
 * @throws as parseExactJson, and the signal's reason
 */
export async function parseExactJsonInTurns(
  text: string,
  { maxDepth = DEFAULT_DEPTH_MAX, signal }: ParseExactOptions & { readonly signal?: AbortSignal } = {},
): Promise<unknown> {
  if (text.length <= SHORT_TEXT_CHARACTERS) return parseExactJson(text, { maxDepth })
  const parser = new PieceParser(text, { maxDepth, pieceCharacters: TURN_CHARACTERS })
  const turns = new Turns()
  while (!parser.advance(TURN_CHARACTERS)) {
    await turns.after(TURN_CHARACTERS)
    signal?.throwIfAborted()
  }
  return parser.finish()
}
