import { BicepError } from './tokens.ts'
import type { Token } from './tokens.ts'

const end: Token = { kind: 'end', text: '', line: 0 }

/** A stream of tokens, which are taken one after the other. The parsers extend it. */
export class TokenStream {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  get current(): Token {
    return this.ahead(0)
  }

  ahead(count: number): Token {
    return this.#tokens[this.#at + count] ?? this.#tokens.at(-1) ?? end
  }

  take(): Token {
    const token = this.current
    this.#at += 1
    return token
  }

  isMark(text: string, count = 0): boolean {
    const token = this.ahead(count)
    return token.kind === 'mark' && token.text === text
  }

  isWord(text: string, count = 0): boolean {
    const token = this.ahead(count)
    return token.kind === 'word' && token.text === text
  }

  isKind(...kinds: readonly Token['kind'][]): boolean {
    return kinds.includes(this.current.kind)
  }

  /** Takes the mark when it is there. */
  takeMark(text: string): boolean {
    const isThere = this.isMark(text)
    if (isThere) this.#at += 1
    return isThere
  }

  takeWord(text: string): boolean {
    const isThere = this.isWord(text)
    if (isThere) this.#at += 1
    return isThere
  }

  expectMark(text: string): Token {
    if (!this.isMark(text)) this.fail(`'${text}'`)
    return this.take()
  }

  expectWord(text: string): void {
    if (!this.takeWord(text)) this.fail(`'${text}'`)
  }

  /** Takes a word. `what` says in the error what was expected. */
  name(what: string): string {
    if (this.current.kind !== 'word') this.fail(what)
    return this.take().text
  }

  skipNewlines(): void {
    while (this.current.kind === 'newline') this.#at += 1
  }

  /** Takes the mark, even if it stands on one of the next lines. Otherwise takes nothing. */
  takeMarkOverLines(text: string): boolean {
    let count = 0
    while (this.ahead(count).kind === 'newline') count += 1
    if (!this.isMark(text, count)) return false
    this.#at += count + 1
    return true
  }

  /** Items up to `close`, separated by commas or new lines. The opening mark has already been taken. */
  list<Item>(close: string, item: () => Item): Item[] {
    const items: Item[] = []
    this.skipNewlines()
    while (!this.takeMark(close)) {
      items.push(item())
      const isParted = this.takeMark(',') || this.current.kind === 'newline' || this.isMark(close)
      if (!isParted) this.fail(`',', a new line or '${close}'`)
      this.skipNewlines()
    }
    return items
  }

  fail(expected: string): never {
    const { kind, text, line } = this.current
    throw new BicepError(
      line,
      `expected ${expected}, found ${kind === 'word' || kind === 'mark' ? `'${text}'` : `a ${kind}`}`,
    )
  }
}
