import { syntaxFailure } from '../failure.ts'
import { tokenize } from './tokens.ts'
import type { Token } from './tokens.ts'

/** @throws KustoFailure when a part of the text is not a token of KQL */
export const readTokens = (source: string): TokenReader => new TokenReader(source)

/** Walks through the words of a query or command. */
export class TokenReader {
  readonly source: string
  readonly #tokens: readonly Token[]
  #position = 0

  constructor(source: string) {
    this.source = source
    this.#tokens = tokenize(source)
  }

  peek(ahead = 0): Token {
    return this.#tokens[this.#position + ahead] ?? this.#tokens.at(-1) ?? lastToken
  }

  next(): Token {
    const token = this.peek()
    this.#position += 1
    return token
  }

  /** Where the word that was taken last ends in the text. */
  previousEnd(): number {
    return this.#tokens[this.#position - 1]?.end ?? 0
  }

  /** Takes the next word if it is this symbol or name (names: case ignored). */
  accept(text: string): boolean {
    const matches = isWord(this.peek(), text)
    if (matches) this.#position += 1
    return matches
  }

  /** @throws KustoFailure when another word comes next */
  expect(text: string): Token {
    if (!isWord(this.peek(), text)) throw this.#unexpected(`'${text}'`)
    return this.next()
  }

  /** A name, plain or quoted: `Events`, `['my events']`. */
  expectName(what: string): string {
    if (this.peek().kind === 'name') return this.next().text
    if (isWord(this.peek(), '[') && this.peek(1).kind === 'string' && isWord(this.peek(2), ']')) {
      this.#position += 1
      const name = this.next().text
      this.#position += 1
      return name
    }
    throw this.#unexpected(what)
  }

  /** The value of the next token, which has to be a string. */
  expectString(what: string): string {
    if (this.peek().kind !== 'string') throw this.#unexpected(what)
    return this.next().text
  }

  /** A word that may have hyphens inside: `create-merge`, `mv-expand`. Empty when no name comes next. */
  hyphenated(): string {
    if (this.peek().kind !== 'name') return ''
    let word = this.next()
    let text = word.text
    while (this.#isHyphenAfter(word)) {
      this.#position += 1
      word = this.next()
      text += `-${word.text}`
    }
    return text.toLowerCase()
  }

  expectEnd(): void {
    if (this.peek().kind !== 'end') throw syntaxFailure(`unexpected ${show(this.peek())}.`)
  }

  /** A hyphen belongs to the word only when no space is around it. */
  #isHyphenAfter(word: Token): boolean {
    const [hyphen, following] = [this.peek(), this.peek(1)]
    return (
      isWord(hyphen, '-') &&
      hyphen.start === word.end &&
      following.kind === 'name' &&
      following.start === hyphen.end
    )
  }

  #unexpected(wanted: string): Error {
    return syntaxFailure(`expected ${wanted} and found ${show(this.peek())}.`)
  }
}

const isWord = (token: Token, text: string): boolean =>
  token.kind === 'symbol' ? token.text === text : token.kind === 'name' && token.text.toLowerCase() === text

function show(token: Token): string {
  return token.kind === 'end' ? 'the end' : `'${token.text.slice(0, 40)}' at character ${token.start}`
}

const lastToken: Token = { kind: 'end', text: '', start: 0, end: 0 }
