import { semanticFailure, syntaxFailure } from '../failure.ts'
import {
  JsonTextError,
  columnTypeOf,
  scanValue,
  skipWhitespace,
  valueOfJson,
  valueOfText,
  parseTimespanLiteral,
} from '../values/index.ts'
import type { ColumnType, StoredValue } from '../values/index.ts'
import { BIG_OBJECT32_VALUE_BYTES_MAX } from '../limits.ts'
import { readString } from './string-literal.ts'
import type { Expression } from './syntax.ts'
import type { Token } from './tokens.ts'

/**
 * The value of `datetime(...)`, `guid(...)`, `dynamic(...)` and so on.
 * @throws KustoFailure when the text is no such value
 */
export function typedLiteral(typeName: string, text: string): { type: ColumnType; value: StoredValue } {
  const type = columnTypeOf(typeName)
  if (text.toLowerCase() === 'null') return { type, value: null }
  if (type === 'dynamic') return { type, value: dynamicLiteral(text) }
  const inner = /^[hH]?@?["']/u.test(text) ? readString(text, 0).value : text
  const value = valueOfText(type, inner)
  if (value === null) throw semanticFailure(`'${text}' is not a ${type}.`, 'SEM0003')
  return { type, value }
}

function dynamicLiteral(written: string): StoredValue {
  const text = withJsonStrings(written)
  const start = skipWhitespace(text, 0)
  try {
    const end = scanValue(text, start)
    if (skipWhitespace(text, end) !== text.length) throw new JsonTextError('Unexpected character', end)
    return valueOfJson('dynamic', text, { start, end }, BIG_OBJECT32_VALUE_BYTES_MAX)
  } catch (error) {
    if (error instanceof JsonTextError)
      throw syntaxFailure(`dynamic(${text.slice(0, 40)}): ${error.message}.`)
    throw error
  }
}

/** KQL allows strings in 'single quotes', and all its other forms of strings, where JSON has "double quotes" only. */
function withJsonStrings(text: string): string {
  let json = ''
  let position = 0
  while (position < text.length) {
    if (!/^(?:[hH]?@?["'])/u.test(text.slice(position, position + 3))) {
      json += text[position] ?? ''
      position += 1
      continue
    }
    const { value, end } = readString(text, position)
    json += JSON.stringify(value)
    position = end
  }
  return json
}

/** The literal expression that a single token stands for; undefined when the token is not a literal. */
export function literalOfToken(token: Token): Expression | undefined {
  switch (token.kind) {
    case 'string':
      return { kind: 'literal', type: 'string', value: token.text }
    case 'timespan':
      return { kind: 'literal', type: 'timespan', value: parseTimespanLiteral(token.text) ?? null }
    case 'number': {
      const type = /^\d+$/u.test(token.text) ? 'long' : 'real'
      const value = valueOfText(type, token.text)
      if (value === null) throw semanticFailure(`'${token.text}' is not a ${type}.`, 'SEM0003')
      return { kind: 'literal', type, value }
    }
    case 'literal':
      return { kind: 'literal', ...typedLiteral(token.type ?? '', token.text) }
    case 'name': {
      const word = token.text.toLowerCase()
      if (word === 'true' || word === 'false') {
        return { kind: 'literal', type: 'bool', value: word === 'true' ? 1n : 0n }
      }
      return undefined
    }
    case 'end':
    case 'symbol':
      return undefined
  }
}
