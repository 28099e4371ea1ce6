import type { Table } from '../engine/index.ts'
import {
  followPath,
  membersOfObject,
  missingValue,
  skipWhitespace,
  valueOfJson,
  valueOfText,
} from '../values/index.ts'
import type { ColumnType, JsonSpan, StoredValue } from '../values/index.ts'
import type { ColumnSource } from './json-mapping.ts'

/** Turns the JSON object at a position into a row. The text after the object is not read. */
export type RecordReader = (
  text: string,
  start: number,
  lineNumber: number,
) => { row: StoredValue[]; end: number }

interface BoundSource {
  readonly type: ColumnType
  readonly maxBytes: number
  readonly source: ColumnSource
}

/**
 * A reader of records for a table.
 * @param sources where the values of the table's columns come from, in the order of the columns
 * @param maxBytes for each column, the most bytes that a string or dynamic value may have
 */
export function createRecordReader(
  table: Table,
  sources: readonly ColumnSource[],
  maxBytes: readonly number[],
): RecordReader {
  const bound = table.columns.map((column, index): BoundSource => ({
    type: column.type,
    maxBytes: maxBytes[index] ?? 0,
    source: sources[index] ?? { kind: 'nothing' },
  }))
  return (text, start, lineNumber) => {
    const { members, end } = membersOfObject(text, start)
    const whole = { start: skipWhitespace(text, start), end }
    const row = bound.map((column) => {
      if (column.source.kind === 'line') return valueOfText(column.type, String(lineNumber))
      if (column.source.kind === 'constant') return valueOfText(column.type, column.source.text)
      return valueAt(column, text, whole, members)
    })
    return { row, end }
  }
}

function valueAt(
  bound: BoundSource,
  text: string,
  whole: JsonSpan,
  members: ReadonlyMap<string, JsonSpan>,
): StoredValue {
  if (bound.source.kind !== 'path') return missingValue(bound.type)
  const [first, ...rest] = bound.source.path
  let span: JsonSpan | undefined
  if (first === undefined) span = whole
  else if (typeof first === 'string') {
    const member = members.get(first)
    span = member === undefined ? undefined : followPath(text, member, rest)
  }
  return span === undefined ? missingValue(bound.type) : valueOfJson(bound.type, text, span, bound.maxBytes)
}
