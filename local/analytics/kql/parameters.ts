import { semanticFailure } from '../failure.ts'
import { columnTypeOf } from '../values/index.ts'
import type { ColumnType } from '../values/index.ts'
import { literalOfToken, typedLiteral } from './literals.ts'
import type { Expression } from './syntax.ts'
import { readTokens } from './token-reader.ts'
import type { TokenReader } from './token-reader.ts'

/** What a request carries under `properties.Parameters`. */
export type GivenParameters = Readonly<Record<string, unknown>>

type Literal = Extract<Expression, { kind: 'literal' }>

/**
 * Reads `declare query_parameters(name:type [= default], ...);` if the query begins with it.
 * @throws KustoFailure when a parameter has no value, or its value has another type
 */
export function readParameters(reader: TokenReader, given: GivenParameters): Map<string, Literal> {
  const parameters = new Map<string, Literal>()
  if (reader.peek(1).text.toLowerCase() !== 'query_parameters' || !reader.accept('declare')) return parameters
  reader.next()
  reader.expect('(')
  do {
    const name = reader.expectName('a parameter name')
    reader.expect(':')
    const type = columnTypeOf(reader.expectName('a type'))
    let fallback: Literal | undefined
    if (reader.accept('=')) {
      const negative = reader.accept('-')
      const token = reader.next()
      const literal = literalOfToken(token)
      if (literal?.kind !== 'literal')
        throw semanticFailure(`The default of parameter '${name}' is no literal.`)
      fallback = negative ? literalIn(type, `-${token.text}`) : literal
    }
    const value = Object.hasOwn(given, name) ? givenValue(name, type, given[name]) : fallback
    if (value === undefined) throw semanticFailure(`No value is given for query parameter '${name}'.`)
    parameters.set(name, value)
  } while (reader.accept(','))
  reader.expect(')')
  reader.expect(';')
  return parameters
}

function literalIn(type: ColumnType, text: string): Literal {
  const reader = readTokens(text)
  const negative = reader.accept('-')
  const token = reader.next()
  const literal = literalOfToken(token)
  const isAlone = reader.peek().kind === 'end'
  if (isAlone && literal?.kind === 'literal' && literal.type === type && !negative) return literal
  // `10`, `-10` or `2026-01-31` for a parameter that is declared as long or datetime.
  return { kind: 'literal', ...typedLiteral(type, text.trim()) }
}

function givenValue(name: string, type: ColumnType, value: unknown): Literal {
  // A string comes as it is. Values of other types are KQL literals in a string; numbers may also come as numbers.
  if (typeof value === 'string' && type === 'string') return { kind: 'literal', type, value }
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return literalIn(type, String(value))
  }
  if (typeof value === 'object' && value !== null)
    return { kind: 'literal', ...typedLiteral(type, JSON.stringify(value)) }
  throw semanticFailure(`Query parameter '${name}' has no value.`)
}
