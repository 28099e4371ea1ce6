import type { DatabaseSync } from 'node:sqlite'
import type { StoredValue } from '../values/index.ts'
import { registerFunction, registerOnText } from './register-function.ts'

/** Functions on strings that SQLite has not, or has for ASCII only. */
export function registerTextFunctions(database: DatabaseSync): void {
  registerOnText(database, 'kql_tolower', (text) => text.toLowerCase())
  registerOnText(database, 'kql_toupper', (text) => text.toUpperCase())
  registerOnText(database, 'kql_replace', (text, part, replacement) =>
    part === '' ? text : text.replaceAll(String(part), () => String(replacement)),
  )
  registerOnText(database, 'kql_substring', substring)
  registerOnText(database, 'kql_split', split)
  registerFunction(database, 'kql_round', (value = null, digits = null) => round(value, digits))
}

/** Positions count characters, not UTF-16 units. A negative start counts from the end. */
function substring(text: string, start: StoredValue, length: StoredValue): string {
  const characters = Array.from(text)
  const from = Number(start) < 0 ? Math.max(0, characters.length + Number(start)) : Number(start)
  const to = length === null ? characters.length : from + Math.max(0, Number(length))
  return characters.slice(from, to).join('')
}

function split(text: string, delimiter: StoredValue, index: StoredValue): string {
  const parts = delimiter === '' ? [text] : text.split(String(delimiter))
  if (index === null) return JSON.stringify(parts)
  const part = parts[Number(index)]
  return JSON.stringify(part === undefined ? [] : [part])
}

/** Half is rounded away from zero, by the digits that the number is written with: 2.15 to one digit is 2.2. */
function round(value: StoredValue, digits: StoredValue): StoredValue {
  if (value === null || digits === null) return null
  const places = Number(digits)
  const isWhole = typeof value === 'bigint'
  if (isWhole && places >= 0) return value
  const number = Number(value)
  if (!Number.isFinite(number)) return value
  const [mantissa = '0', exponent = '0'] = String(Math.abs(number)).split('e')
  const scaled = Math.round(Number(`${mantissa}e${Number(exponent) + places}`))
  const rounded = Number(`${scaled}e${-places}`) * Math.sign(number)
  return isWhole ? BigInt(rounded) : rounded
}
