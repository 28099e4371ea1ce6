import type { ColumnType, StoredValue } from './column-type.ts'
import { writeDouble } from './dynamic-numbers.ts'
import { membersOfObject, scanArray, skipWhitespace } from './json-scan.ts'
import { formatDatetime, formatTimespan } from './ticks.ts'

/** A value as it stands inside a dynamic: what JSON cannot hold, such as a datetime, becomes a string. */
export function jsonOfValue(type: ColumnType, value: StoredValue): string {
  if (value === null) return 'null'
  switch (type) {
    case 'bool':
      return BigInt(value) === 0n ? 'false' : 'true'
    case 'int':
    case 'long':
      return String(value)
    case 'real':
      return writeDouble(String(value))
    case 'dynamic':
      return String(value)
    case 'datetime':
      return JSON.stringify(formatDatetime(BigInt(value)))
    case 'timespan':
      return JSON.stringify(formatTimespan(BigInt(value)))
    case 'decimal':
    case 'guid':
    case 'string':
      return JSON.stringify(String(value))
  }
}

/** The elements of a JSON array, each as JSON; undefined when the value is no array. */
export function elementsOfArray(json: string): string[] | undefined {
  const start = skipWhitespace(json, 0)
  if (json[start] !== '[') return undefined
  const elements: string[] = []
  scanArray(json, start, 1, (element) => {
    elements.push(json.slice(element.start, element.end))
  })
  return elements
}

/** The members of a JSON object, values as JSON; undefined when the value is no object. */
export function membersOfBag(json: string): Map<string, string> | undefined {
  const start = skipWhitespace(json, 0)
  if (json[start] !== '{') return undefined
  const { members } = membersOfObject(json, start)
  return new Map([...members].map(([key, span]) => [key, json.slice(span.start, span.end)]))
}

/** The member of this name, or the element at this place (from the end when negative). Null when there is none. */
export function memberOf(json: string, key: string | bigint): string | null {
  if (typeof key === 'string') return membersOfBag(json)?.get(key) ?? null
  return elementsOfArray(json)?.at(Number(key)) ?? null
}

const INT_MAX = 2n ** 31n - 1n

/** What `gettype()` says of a dynamic. */
export function typeOfJson(json: string): string {
  const text = json.slice(skipWhitespace(json, 0)).trimEnd()
  switch (text[0]) {
    case '{':
      return 'dictionary'
    case '[':
      return 'array'
    case '"':
      return 'string'
    case 't':
    case 'f':
      return 'bool'
    case 'n':
    case undefined:
      return 'null'
    default:
      if (!/^-?\d+$/u.test(text)) return 'real'
      return BigInt(text) <= INT_MAX && BigInt(text) >= -INT_MAX - 1n ? 'int' : 'long'
  }
}
