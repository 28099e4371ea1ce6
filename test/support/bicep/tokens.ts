/** A place in a Bicep file that can't be read, or an expression that can't be evaluated; the line is in the message. */
export class BicepError extends Error {
  readonly line: number

  constructor(line: number, what: string) {
    super(`line ${line}: ${what}`)
    this.line = line
  }
}

/** A word, a number, a string, one of MARKS, an end of line, or the end of the text. */
export interface Token {
  readonly kind: 'word' | 'number' | 'string' | 'mark' | 'newline' | 'end'
  readonly text: string
  readonly line: number
  /** Only for a string: its literal text, and between it the tokens of each interpolation. */
  readonly parts?: readonly (string | readonly Token[])[]
}

/** Longer marks stand first, so that `==` is not read as two marks. */
const marks = ['... => == != =~ !~ <= >= && || ?? ::', '{ } [ ] ( ) , : . ? = ! < > + - * / % @ |'].flatMap(
  (line) => line.split(' '),
)

const IGNORED = /(?:[ \t\uFEFF]|\/\/[^\n]*|\/\*[\s\S]*?\*\/|#(?:disable|restore)-[^\n]*)+/y
const NEWLINE = /\r?\n/y
const WORD = /[A-Za-z_]\w*/y
const NUMBER = /\d+/y
const PLAIN_TEXT = /[^'\\$\r\n]+/y
const UNICODE_ESCAPE = /\\u\{([0-9a-fA-F]{1,6})\}/y
const MULTI_LINE = /'''\r?\n?([\s\S]*?'*)'''/y

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '\\': '\\',
  "'": "'",
  $: '$',
}

/**
 * The tokens of a Bicep file. The last one has the kind `end`.
 * @throws BicepError at a character or string that Bicep does not allow
 */
export function tokensOf(text: string): readonly Token[] {
  return new Lexer(text).tokens(false)
}

class Lexer {
  readonly #text: string
  #at = 0
  #line = 1

  constructor(text: string) {
    this.#text = text
  }

  /** Up to the end, or, inside an interpolation, up to the brace that closes it. */
  tokens(isInterpolation: boolean): readonly Token[] {
    const found: Token[] = []
    let openBraces = 0
    for (;;) {
      this.#match(IGNORED)
      const line = this.#line
      if (this.#at >= this.#text.length) {
        if (isInterpolation) throw new BicepError(line, 'an interpolation is not closed')
        return [...found, { kind: 'end', text: '', line }]
      }
      const token = this.#next()
      if (isInterpolation && token.text === '}' && token.kind === 'mark' && openBraces === 0)
        return [...found, { kind: 'end', text: '', line }]
      if (token.kind === 'mark' && token.text === '{') openBraces += 1
      if (token.kind === 'mark' && token.text === '}') openBraces -= 1
      found.push(token)
    }
  }

  #next(): Token {
    const line = this.#line
    const newline = this.#match(NEWLINE)
    if (newline !== undefined) return { kind: 'newline', text: '\n', line }
    if (this.#text[this.#at] === "'") return { kind: 'string', text: '', line, parts: this.#string() }
    const word = this.#match(WORD)
    if (word !== undefined) return { kind: 'word', text: word[0], line }
    const number = this.#match(NUMBER)
    if (number !== undefined) return { kind: 'number', text: number[0], line }
    const mark = marks.find((candidate) => this.#text.startsWith(candidate, this.#at))
    if (mark === undefined)
      throw new BicepError(line, `unexpected character ${JSON.stringify(this.#text[this.#at])}`)
    this.#at += mark.length
    return { kind: 'mark', text: mark, line }
  }

  #string(): (string | readonly Token[])[] {
    const multiLine = this.#match(MULTI_LINE)
    if (multiLine !== undefined) return [multiLine[1] ?? '']
    const start = this.#line
    const parts: (string | readonly Token[])[] = []
    let text = ''
    this.#at += 1
    for (;;) {
      text += this.#match(PLAIN_TEXT)?.[0] ?? ''
      const character = this.#text[this.#at]
      if (character === "'") {
        this.#at += 1
        return [...parts, text]
      }
      if (character === '\\') text += this.#escape()
      else if (this.#text.startsWith('${', this.#at)) {
        this.#at += 2
        parts.push(text, this.tokens(true))
        text = ''
      } else if (character === '$') {
        text += '$'
        this.#at += 1
      } else throw new BicepError(start, 'a string is not closed')
    }
  }

  #escape(): string {
    const unicode = this.#match(UNICODE_ESCAPE)
    if (unicode !== undefined) return String.fromCodePoint(Number.parseInt(unicode[1] ?? '', 16))
    const name = this.#text[this.#at + 1] ?? ''
    const meant = escapes[name]
    if (meant === undefined) throw new BicepError(this.#line, `unknown escape \\${name}`)
    this.#at += 2
    return meant
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match === null) return undefined
    this.#at += match[0].length
    this.#line += match[0].split('\n').length - 1
    return match
  }
}
