import { formatDatetimeShort, formatTimespan } from '../values/index.ts'
import type { ColumnType, StoredValue } from '../values/index.ts'

/** A value as JSON text in a row of an answer. Longs keep all digits; a dynamic is the JSON itself, not a string. */
export function encodeCell(type: ColumnType, value: StoredValue): string {
  if (value === null) return 'null'
  switch (type) {
    case 'bool':
      return BigInt(value) === 0n ? 'false' : 'true'
    case 'datetime':
      return `"${formatDatetimeShort(BigInt(value))}"`
    case 'timespan':
      return `"${formatTimespan(BigInt(value))}"`
    case 'int':
    case 'long':
      return String(value)
    case 'real':
      return realCell(Number(value))
    case 'dynamic':
      return String(value)
    case 'decimal':
    case 'guid':
    case 'string':
      return JSON.stringify(String(value))
  }
}

function realCell(value: number): string {
  if (Number.isNaN(value)) return '"NaN"'
  if (!Number.isFinite(value)) return value > 0 ? '"Infinity"' : '"-Infinity"'
  return String(value)
}

export function encodeRow(types: readonly ColumnType[], row: readonly StoredValue[]): string {
  return `[${types.map((type, index) => encodeCell(type, row[index] ?? null)).join(',')}]`
}
