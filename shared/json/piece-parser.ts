import type { FieldProblem } from '../errors/index.ts'
import { classifyNumber, SAFE_NUMBER_CHARACTERS } from './exact-number.ts'
import { findFault, malformed, tooDeep, unfit } from './faults.ts'
import { newPart, pathOf } from './open-part.ts'
import type { OpenPart } from './open-part.ts'
import { jsonPointer } from './pointer.ts'
import type { ReviverContext } from './raw-json.ts'
import { noteLongPart } from './long-part.ts'
import * as tokens from './tokens.ts'
import { findUnsafeText, mayHoldUnsafeText } from './unsafe-text.ts'

/** At most this many problems are reported: a body of a million bad numbers must not make a megabyte of errors. */
const PROBLEMS_MAX = 20
/** A number can be as long as the body; this much is enough to find it. */
const SHOWN_NUMBER_CHARACTERS_MAX = 40

export interface PieceOptions {
  /** How deep arrays and objects may nest; a scalar has depth 0. */
  readonly maxDepth: number
  /** An array or object that is longer is built piece by piece. `Infinity`: by one call of JSON.parse. */
  readonly pieceCharacters: number
}

/**
 * Builds the value of a JSON text while it walks over it, and can stop at any place to go on later. The walk judges
 * depth and numbers and cuts long arrays and objects at their commas; each piece is parsed by itself. So no single step
 * is long, whatever the text holds: `JSON.parse` of 8 MB of short members takes half a second, and ten times as long
 * where a reviver is needed.
 *
 * What the walk passes over (letters, colons, the inside of short arrays and objects) `JSON.parse` checks with its piece.
 */
export class PieceParser {
  readonly #text: string
  readonly #options: PieceOptions
  readonly #open: OpenPart[] = []
  #depth = 0
  #index = 0
  #lastRawInteger = -1
  readonly #inexact: FieldProblem[] = []
  readonly #unsafe: FieldProblem[] = []
  /** Where the outermost array or object ended; -1 before. */
  #rootEnd = -1
  #root: { readonly value: unknown; readonly start: number } | undefined

  constructor(text: string, options: PieceOptions) {
    this.#text = text
    this.#options = options
  }

  /**
   * Walks on by about this many characters.
   * @returns true at the end of the text
   * @throws TrickleError MALFORMED_JSON, JSON_TOO_DEEP; NUMBER_NOT_EXACT and INVALID_TEXT where there are many
   */
  advance(characters: number): boolean {
    const text = this.#text
    const until = Math.min(text.length, this.#index + characters)
    while (this.#index < until) {
      const index = this.#index
      const code = text.charCodeAt(index)
      if (code === tokens.QUOTE) this.#index = tokens.endOfString(text, index)
      else if (code === tokens.COMMA) this.#separate(index)
      else if (code === tokens.OPEN_BRACE || code === tokens.OPEN_BRACKET) this.#begin(index, code)
      else if (code === tokens.CLOSE_BRACE || code === tokens.CLOSE_BRACKET) this.#end(index, code)
      else if (code === tokens.MINUS || (code >= tokens.ZERO && code <= tokens.NINE)) this.#judge(index)
      this.#index += 1
    }
    return this.#index >= text.length
  }

  /**
   * The value, after `advance` has come to the end.
   * @throws TrickleError MALFORMED_JSON, NUMBER_NOT_EXACT, INVALID_TEXT
   */
  finish(): unknown {
    const text = this.#text
    if (this.#depth > 0) throw malformed(text, text.length, 'the text ends inside an array or object')
    if (this.#root === undefined) {
      const value = this.#parse(text, 0, text.length, '', '')
      this.#refuseUnfit()
      this.#inspect(text, value, [], 0)
      this.#refuseUnfit()
      return value
    }
    this.#demandBlank(0, this.#root.start, 'a value is expected')
    this.#demandBlank(this.#rootEnd, text.length, 'nothing is expected after the value')
    this.#refuseUnfit()
    return this.#root.value
  }

  #begin(index: number, code: number): void {
    if (this.#depth === this.#options.maxDepth) throw tooDeep(this.#options.maxDepth)
    if (this.#depth === 0 && this.#rootEnd !== -1) throw findFault(this.#text, this.#rootEnd, index)
    const part = (this.#open[this.#depth] ??= newPart())
    this.#depth += 1
    part.isArray = code === tokens.OPEN_BRACKET
    part.start = index
    part.pieceStart = index + 1
    part.memberStart = index + 1
    part.members = 0
    part.built = undefined
    part.isAfterChild = false
  }

  #separate(index: number): void {
    const part = this.#open[this.#depth - 1]
    if (part === undefined || this.#depth === 0) return
    if (part.isAfterChild) {
      this.#demandBlank(part.pieceStart, index, '"," is expected')
      part.isAfterChild = false
      part.pieceStart = index + 1
    } else if (index - part.pieceStart >= this.#options.pieceCharacters) {
      this.#build(part, index, true)
      part.pieceStart = index + 1
    }
    part.memberStart = index + 1
    part.members += 1
  }

  #end(index: number, code: number): void {
    const part = this.#open[this.#depth - 1]
    if (part === undefined || this.#depth === 0 || part.isArray !== (code === tokens.CLOSE_BRACKET))
      throw findFault(this.#text, part?.start ?? 0, index)
    if (part.isAfterChild) this.#demandBlank(part.pieceStart, index, 'a comma or the end is expected')
    else if (part.built !== undefined) this.#build(part, index, true)
    else if (index - part.pieceStart >= this.#options.pieceCharacters) this.#build(part, index, false)
    this.#depth -= 1
    if (this.#depth === 0) this.#rootEnd = index + 1
    if (part.built === undefined) return
    noteLongPart(part.built, { characters: index + 1 - part.start, members: part.members + 1 })
    if (this.#depth === 0) this.#root = { value: part.built, start: part.start }
    else this.#adopt(part, index)
  }

  /** Puts an array or object that was built in pieces into the one around it, after the members before it. */
  #adopt(child: OpenPart, end: number): void {
    const parent = this.#open[this.#depth - 1]
    if (parent === undefined) return
    if (parent.isAfterChild) throw malformed(this.#text, child.start, '"," is expected')
    if (parent.memberStart > parent.pieceStart) this.#build(parent, parent.memberStart - 1, true)
    if (parent.isArray) {
      this.#demandBlank(parent.memberStart, child.start, 'a value is expected')
      const items = (parent.built ??= []) as unknown[]
      items.push(child.built)
    } else {
      const named = this.#parse(this.#text, parent.memberStart, child.start, '{', '0}') as object
      this.#inspect(
        this.#text.slice(parent.memberStart, child.start),
        named,
        this.#pathTo(this.#depth - 1),
        0,
      )
      const names = Object.keys(named)
      if (names.length !== 1) throw malformed(this.#text, child.start, '"," is expected')
      setMember((parent.built ??= {}), names[0] ?? '', child.built)
    }
    parent.pieceStart = end + 1
    parent.isAfterChild = true
  }

  /** Parses the members of a part up to `end`, which is the innermost open one, and adds them to what is built of it. */
  #build(part: OpenPart, end: number, mustHoldMembers: boolean): void {
    const { isArray, pieceStart } = part
    const piece = this.#parse(this.#text, pieceStart, end, isArray ? '[' : '{', isArray ? ']' : '}') as object
    const names = isArray ? undefined : Object.keys(piece)
    const count = names?.length ?? (piece as unknown[]).length
    if (count === 0 && mustHoldMembers) throw malformed(this.#text, end, 'a member is expected')
    const items = part.isArray ? ((part.built as unknown[] | undefined) ?? []) : []
    this.#inspect(this.#text.slice(pieceStart, end), piece, this.#pathTo(this.#depth - 1), items.length)
    if (names === undefined) {
      for (const item of piece as unknown[]) items.push(item)
      part.built = items
      return
    }
    const members = part.built ?? {}
    for (const name of names) setMember(members, name, Reflect.get(piece, name))
    part.built = members
  }

  #parse(text: string, start: number, end: number, opening: string, closing: string): unknown {
    const isWhole = opening === '' && start === 0 && end === text.length
    const piece = isWhole ? text : `${opening}${text.slice(start, end)}${closing}`
    try {
      return this.#lastRawInteger < start ? JSON.parse(piece) : JSON.parse(piece, keepRawIntegers)
    } catch {
      // The engine's own message is not used: it quotes the text, and often lacks the position.
      throw findFault(text, start, end, opening, closing)
    }
  }

  #judge(index: number): void {
    const end = tokens.endOfNumber(this.#text, index)
    this.#index = end - 1
    if (end - index <= SAFE_NUMBER_CHARACTERS && !tokens.hasExponent(this.#text, index, end)) return
    const token = this.#text.slice(index, end)
    const kind = classifyNumber(token)
    if (kind === 'rawInteger') this.#lastRawInteger = index
    if (kind !== 'inexact' || this.#inexact.length >= PROBLEMS_MAX) return
    const shown =
      token.length <= SHOWN_NUMBER_CHARACTERS_MAX ? token : `${token.slice(0, SHOWN_NUMBER_CHARACTERS_MAX)}…`
    this.#inexact.push({
      pointer: jsonPointer(this.#pathTo(this.#depth)),
      message: `${shown} would lose value`,
    })
    // A long text is refused here: the rest would only give more of the same. A short one is read on, as it may be no
    // JSON at all.
    if (this.#inexact.length === PROBLEMS_MAX && Number.isFinite(this.#options.pieceCharacters))
      this.#refuseUnfit()
  }

  /** Looks for strings that can't be stored. `value` was parsed from `text`; it stands at `path`. */
  #inspect(text: string, value: unknown, path: readonly PropertyKey[], firstIndex: number): void {
    if (this.#unsafe.length >= PROBLEMS_MAX || !mayHoldUnsafeText(text)) return
    this.#unsafe.push(...findUnsafeText(value, PROBLEMS_MAX - this.#unsafe.length, path, firstIndex))
    if (this.#unsafe.length === PROBLEMS_MAX) this.#refuseUnfit()
  }

  #refuseUnfit(): void {
    const refusal = unfit(this.#inexact, this.#unsafe)
    if (refusal !== undefined) throw refusal
  }

  #demandBlank(start: number, end: number, message: string): void {
    const rest = this.#text.slice(start, end)
    if (!tokens.isJsonBlank(rest)) throw malformed(this.#text, start + rest.search(/[^ \t\n\r]/), message)
  }

  /** The path of the member that the walk stands in, through this many of the open parts. */
  #pathTo(depth: number): PropertyKey[] {
    return pathOf(this.#text, this.#open.slice(0, depth))
  }
}

function keepRawIntegers(_key: string, value: unknown, { source }: ReviverContext): unknown {
  if (typeof value !== 'number' || source === undefined || source.length <= SAFE_NUMBER_CHARACTERS)
    return value
  return classifyNumber(source) === 'rawInteger' ? JSON.rawJSON(source) : value
}

/** Assigning `__proto__` would change the prototype instead of making a member. */
function setMember(members: object, name: string, value: unknown): void {
  if (name !== '__proto__') Reflect.set(members, name, value)
  else Object.defineProperty(members, name, { value, writable: true, enumerable: true, configurable: true })
}
