import type { DatabaseSync } from 'node:sqlite'
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

export function registerScalarFunctions(database: DatabaseSync): void {
  const options = { deterministic: true, useBigIntArguments: true }
  const register = (name: string, run: (first: string, second: StoredValue) => StoredValue): void => {
    database.function(name, options, (first: unknown, second: unknown) =>
      run(String(first), second as StoredValue),
    )
  }
  const predicate = (name: string, run: (text: string, other: string) => boolean): void => {
    register(name, (text, other) => (run(text, String(other)) ? 1n : 0n))
  }
  predicate('kql_has', has)
  predicate('kql_contains', (text, part) => text.toLowerCase().includes(part.toLowerCase()))
  predicate('kql_startswith', (text, part) => text.toLowerCase().startsWith(part.toLowerCase()))
  predicate('kql_endswith', (text, part) => text.toLowerCase().endsWith(part.toLowerCase()))
  predicate('kql_equals_ignoring_case', (text, other) => text.toLowerCase() === other.toLowerCase())
  register('kql_text', textOf)
  register('kql_from_text', (type, text) =>
    text === null ? null : valueOfText(columnTypeOf(type), String(text)),
  )
  register('kql_from_dynamic', (type, json) => (json === null ? null : fromDynamic(type, String(json))))
}

/**
 * Functions for compiled queries, where SQLite has none with Kusto's meaning. Integers come as bigint. A function that
 * gets null returns null, except `kql_text`.
 */

const TERM_CHARACTER = /[\p{L}\p{N}]/u

/** Kusto's `has`: the text contains the term, and no letter or digit is next to it. Case is ignored. */
function has(text: string, term: string): boolean {
  const inText = text.toLowerCase()
  const wanted = term.toLowerCase()
  let at = inText.indexOf(wanted)
  while (at !== -1) {
    const before = inText.slice(0, at).at(-1) ?? ''
    const after = inText.at(at + wanted.length) ?? ''
    if (!TERM_CHARACTER.test(before) && !TERM_CHARACTER.test(after)) return true
    at = inText.indexOf(wanted, at + 1)
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
