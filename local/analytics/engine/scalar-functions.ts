import type { DatabaseSync } from 'node:sqlite'
import { semanticFailure } from '../failure.ts'
import { BIG_OBJECT32_VALUE_BYTES_MAX } from '../limits.ts'
import {
  columnTypeOf,
  formatDatetime,
  formatTimespan,
  skipWhitespace,
  stringOfSpan,
  valueOfJson,
  valueOfText,
} from '../values/index.ts'
import type { StoredValue } from '../values/index.ts'
import { registerAggregateFunctions } from './aggregate-functions.ts'
import { registerDynamicFunctions } from './dynamic-functions.ts'
import { registerFunction, registerOnText } from './register-function.ts'
import { registerTextFunctions } from './text-functions.ts'
import { registerTimeFunctions } from './time-functions.ts'

/**
 * Functions for compiled queries, where SQLite has none with Kusto's meaning. A function that gets null returns null,
 * except `kql_text`.
 */
export function registerScalarFunctions(database: DatabaseSync): void {
  registerDynamicFunctions(database)
  registerTextFunctions(database)
  registerTimeFunctions(database)
  registerAggregateFunctions(database)
  const predicate = (name: string, run: (text: string, other: string) => boolean): void => {
    registerOnText(database, name, (text, other) => (run(text, String(other)) ? 1n : 0n))
  }
  predicate('kql_has', (text, term) => has(text.toLowerCase(), term.toLowerCase(), 'both'))
  predicate('kql_has_cs', (text, term) => has(text, term, 'both'))
  predicate('kql_hasprefix', (text, term) => has(text.toLowerCase(), term.toLowerCase(), 'before'))
  predicate('kql_hassuffix', (text, term) => has(text.toLowerCase(), term.toLowerCase(), 'after'))
  predicate('kql_contains', (text, part) => text.toLowerCase().includes(part.toLowerCase()))
  predicate('kql_startswith', (text, part) => text.toLowerCase().startsWith(part.toLowerCase()))
  predicate('kql_endswith', (text, part) => text.toLowerCase().endsWith(part.toLowerCase()))
  predicate('kql_endswith_cs', (text, part) => text.endsWith(part))
  predicate('kql_equals_ignoring_case', (text, other) => text.toLowerCase() === other.toLowerCase())
  registerOnText(database, 'kql_text', textOf)
  registerOnText(database, 'kql_from_text', (type, text) =>
    text === null ? null : valueOfText(columnTypeOf(type), String(text)),
  )
  registerOnText(database, 'kql_from_dynamic', (type, json) =>
    json === null ? null : fromDynamic(type, String(json)),
  )
  registerFunction(database, 'kql_at_most', (count = null, most = null) => {
    if (Number(count) > Number(most)) throw semanticFailure(`range gives at most ${most} rows here.`)
    return count
  })
}

const TERM_CHARACTER = /[\p{L}\p{N}]/u

/** Kusto's `has`: the text contains the term, and no letter or digit is next to it, on both sides or on one. */
function has(text: string, term: string, borders: 'after' | 'before' | 'both'): boolean {
  let at = text.indexOf(term)
  while (at !== -1) {
    const before = borders === 'after' ? '' : (text[at - 1] ?? '')
    const after = borders === 'before' ? '' : (text[at + term.length] ?? '')
    if (!TERM_CHARACTER.test(before) && !TERM_CHARACTER.test(after)) return true
    at = text.indexOf(term, at + 1)
  }
  return false
}

/** Kusto's `tostring()`. */
function textOf(type: string, value: StoredValue): string {
  if (value === null) return ''
  switch (columnTypeOf(type)) {
    case 'bool':
      return BigInt(value) === 0n ? 'false' : 'true'
    case 'datetime':
      return formatDatetime(BigInt(value))
    case 'timespan':
      return formatTimespan(BigInt(value))
    case 'dynamic':
      return textOfDynamic(String(value))
    case 'real':
      return realText(Number(value))
    case 'decimal':
    case 'guid':
    case 'int':
    case 'long':
    case 'string':
      return String(value)
  }
}

function textOfDynamic(json: string): string {
  const start = skipWhitespace(json, 0)
  const end = json.trimEnd().length
  if (json[start] === '"') return stringOfSpan(json, { start, end })
  const text = json.slice(start, end)
  return text === 'null' ? '' : text
}

function realText(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? `${value}.0` : String(value)
}

function fromDynamic(type: string, json: string): StoredValue {
  const span = { start: skipWhitespace(json, 0), end: json.trimEnd().length }
  return valueOfJson(columnTypeOf(type), json, span, BIG_OBJECT32_VALUE_BYTES_MAX)
}
