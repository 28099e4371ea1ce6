/**
 * Kusto's scalar types: how JSON becomes a value of a column, how a value is kept and how it is shown.
 *
 * Invariants: a number in a long or decimal column keeps its exact value; a value that does not fit its column becomes
 * null (in a string column '') and never another value. Nothing here knows of tables or requests.
 */
export { columnTypeOf, dotNetTypeOf, findColumnType, netTypeOf, sqliteColumnOf } from './column-type.ts'
export type { Column, ColumnType, StoredValue } from './column-type.ts'
export { missingValue, valueOfJson, valueOfText } from './column-value.ts'
export { elementsOfArray, jsonOfValue, membersOfBag, memberOf, typeOfJson } from './dynamic-value.ts'
export { formatTime } from './time-format.ts'
export { TIME_PARTS, addTime, startOfPeriod, timeDifference, timeField } from './time-parts.ts'
export type { Period, TimePart } from './time-parts.ts'
export { followPath, parseJsonPath } from './json-path.ts'
export type { JsonPath } from './json-path.ts'
export {
  JsonTextError,
  membersOfObject,
  scanArray,
  scanValue,
  skipWhitespace,
  stringOfSpan,
} from './json-scan.ts'
export type { JsonSpan } from './json-scan.ts'
export {
  timespanUnits,
  formatDatetime,
  formatDatetimeShort,
  formatTimespan,
  parseDatetime,
  parseTimespan,
  parseTimespanLiteral,
  ticksOfUnixMs,
} from './ticks.ts'
