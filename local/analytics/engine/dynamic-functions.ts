import type { DatabaseSync } from 'node:sqlite'
import { BIG_OBJECT32_VALUE_BYTES_MAX } from '../limits.ts'
import {
  JsonTextError,
  columnTypeOf,
  elementsOfArray,
  jsonOfValue,
  memberOf,
  membersOfBag,
  scanValue,
  skipWhitespace,
  typeOfJson,
  valueOfJson,
} from '../values/index.ts'
import type { StoredValue } from '../values/index.ts'
import { registerFunction, registerOnText } from './register-function.ts'

/** Functions on dynamic values, which are JSON text. Null gives null. */
export function registerDynamicFunctions(database: DatabaseSync): void {
  registerOnText(database, 'kql_to_dynamic', (type, value) =>
    value === null ? null : jsonOfValue(columnTypeOf(type), value),
  )
  registerOnText(database, 'kql_member', (json, key) =>
    key === null ? null : memberOf(json, typeof key === 'string' ? key : BigInt(key)),
  )
  registerOnText(database, 'kql_array_has', (json, element) => arrayHas(json, String(element)))
  registerOnText(database, 'kql_cast_element', (type, json) => castElement(type, String(json)))
  registerOnText(database, 'kql_parse_json', parseJson)
  registerOnText(database, 'kql_array_length', (json) => {
    const length = elementsOfArray(json)?.length
    return length === undefined ? null : BigInt(length)
  })
  registerOnText(database, 'kql_bag_keys', (json) => {
    const members = membersOfBag(json)
    return members === undefined ? null : JSON.stringify([...members.keys()])
  })
  registerFunction(database, 'kql_gettype', (json) => typeOfJson(String(json)))
  registerFunction(
    database,
    'kql_array',
    (...values) => `[${values.map((value) => value ?? 'null').join(',')}]`,
  )
  registerFunction(database, 'kql_bag', (...values) => bag(values))
  registerFunction(database, 'kql_expand', (mode, ...values) => expand(String(mode), values))
}

/** Text that is no JSON is kept as a string. */
function parseJson(text: string): StoredValue {
  const start = skipWhitespace(text, 0)
  if (start === text.length) return null
  try {
    const end = scanValue(text, start)
    if (skipWhitespace(text, end) !== text.length) return JSON.stringify(text)
    return valueOfJson('dynamic', text, { start, end }, BIG_OBJECT32_VALUE_BYTES_MAX)
  } catch (error) {
    if (error instanceof JsonTextError) return JSON.stringify(text)
    throw error
  }
}

function arrayHas(json: string, element: string): StoredValue {
  return (elementsOfArray(json) ?? []).includes(element) ? 1n : 0n
}

/** Key, value, key, value, ...; of two equal keys the last counts. */
function bag(values: readonly (StoredValue | undefined)[]): string {
  const members = new Map<string, string>()
  for (let index = 0; index + 1 < values.length; index += 2) {
    members.set(String(values[index]), String(values[index + 1] ?? 'null'))
  }
  return `{${[...members].map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`
}

/** Which first letters JSON values of a type have. A number may also be a real. */
const kinds: Readonly<Record<string, RegExp>> = {
  bool: /^[tf]/u,
  int: /^-?\d+$/u,
  long: /^-?\d+$/u,
  real: /^[-\d]/u,
}

/** The element as a value of the type when it is one; otherwise null. Strings hold what JSON has no form for. */
function castElement(type: string, json: string): StoredValue {
  const span = { start: skipWhitespace(json, 0), end: json.trimEnd().length }
  const text = json.slice(span.start, span.end)
  const isOfType = (kinds[type] ?? /^"/u).test(text)
  return isOfType ? valueOfJson(columnTypeOf(type), json, span, BIG_OBJECT32_VALUE_BYTES_MAX) : null
}

/**
 * The elements of several values side by side: a JSON array with one array of JSON texts for each row. A null, or a
 * value that is neither array nor bag, counts as one element.
 */
function expand(mode: string, values: readonly (StoredValue | undefined)[]): string {
  const columns = values.map((value) => elementsOf(mode, String(value)))
  const length = Math.max(...columns.map((elements) => elements.length))
  const rows = Array.from({ length }, (_row, index) => columns.map((elements) => elements[index] ?? null))
  return JSON.stringify(rows)
}

function elementsOf(mode: string, json: string): (string | null)[] {
  if (json.trim() === 'null') return [null]
  const elements = elementsOfArray(json)
  if (elements !== undefined) return elements.map((element) => (element === 'null' ? null : element))
  const members = membersOfBag(json)
  if (members === undefined) return [json]
  return [...members].map(([key, value]) =>
    mode === 'array' ? `[${JSON.stringify(key)},${value}]` : `{${JSON.stringify(key)}:${value}}`,
  )
}
