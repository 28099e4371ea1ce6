import { syntaxFailure } from '../failure.ts'
import { tokenize } from './tokens.ts'
import type { Token } from './tokens.ts'

/** Walks through the words of a query or command. */
export interface TokenReader {
  readonly source: string
  peek(ahead?: number): Token
  next(): Token
  /** Takes the next word if it is this symbol or name (names: case ignored). */
  accept(text: string): boolean
  /** @throws KustoFailure when the next word is another */
  expect(text: string): Token
  /** A name, plain or quoted: `Events`, `['my events']`. */
  expectName(what: string): string
  /** A string, several in a row joined, as KQL joins them. */
  expectString(what: string): string
  /** A word that may have hyphens inside: `create-merge`, `mv-expand`. Empty when no name comes next. */
  hyphenated(): string
  expectEnd(): void
}

function show(token: Token): string {
  return token.kind === 'end' ? 'the end' : `'${token.text.slice(0, 40)}' at character ${token.start}`
}

const lastToken: Token = { kind: 'end', text: '', start: 0, end: 0 }

/** @throws KustoFailure for text that has no words of KQL */
export function readTokens(source: string): TokenReader {
  const tokens = tokenize(source)
  let position = 0
  const peek = (ahead = 0): Token => tokens[position + ahead] ?? tokens.at(-1) ?? lastToken
  const is = (token: Token, text: string): boolean =>
    token.kind === 'symbol' ? token.text === text : token.kind === 'name' && token.text.toLowerCase() === text
  const next = (): Token => {
    const token = peek()
    position += 1
    return token
  }
  const expect = (text: string): Token => {
    if (!is(peek(), text)) throw syntaxFailure(`expected '${text}' and found ${show(peek())}.`)
    return next()
  }
  const expectName = (what: string): string => {
    if (peek().kind === 'name') return next().text
    if (is(peek(), '[') && peek(1).kind === 'string' && is(peek(2), ']')) {
      position += 1
      const name = next().text
      position += 1
      return name
    }
    throw syntaxFailure(`expected ${what} and found ${show(peek())}.`)
  }
  return {
    source,
    peek,
    next,
    expect,
    expectName,
    accept: (text) => {
      const matches = is(peek(), text)
      if (matches) position += 1
      return matches
    },
    expectString: (what) => {
      if (peek().kind !== 'string') throw syntaxFailure(`expected ${what} and found ${show(peek())}.`)
      return next().text
    },
    hyphenated: () => {
      if (peek().kind !== 'name') return ''
      let word = next()
      let text = word.text
      // A hyphen belongs to the word only when no space is around it.
      while (
        is(peek(), '-') &&
        peek().start === word.end &&
        peek(1).kind === 'name' &&
        peek(1).start === peek().end
      ) {
        position += 1
        word = next()
        text += `-${word.text}`
      }
      return text.toLowerCase()
    },
    expectEnd: () => {
      if (peek().kind !== 'end') throw syntaxFailure(`unexpected ${show(peek())}.`)
    },
  }
}
