import type { QueryResult } from '../query/index.ts'
import { dotNetTypeOf, ticksOfUnixMs } from '../values/index.ts'
import type { Column, ColumnType, StoredValue } from '../values/index.ts'
import { encodeRow } from './cell.ts'
import type { RequestIds } from './error-body.ts'
import { limitedRows } from './limited-rows.ts'
import type { ResultLimits } from './limited-rows.ts'

function columns(...pairs: readonly (readonly [string, ColumnType])[]): Column[] {
  return pairs.map(([name, type]) => ({ name, type }))
}

const statusColumns = columns(
  ['Timestamp', 'datetime'],
  ['Severity', 'int'],
  ['SeverityName', 'string'],
  ['StatusCode', 'int'],
  ['StatusDescription', 'string'],
  ['Count', 'int'],
  ['RequestId', 'guid'],
  ['ActivityId', 'guid'],
  ['SubActivityId', 'guid'],
  ['ClientActivityId', 'string'],
)

const contentsColumns = columns(
  ['Ordinal', 'long'],
  ['Kind', 'string'],
  ['Name', 'string'],
  ['Id', 'string'],
  ['PrettyName', 'string'],
)

const NO_ID = '00000000-0000-0000-0000-000000000000'

/** The answer to a command. */
export function* commandAnswerV1(result: QueryResult, limits: ResultLimits): Generator<string> {
  yield `{"Tables":[{"TableName":"Table_0","Columns":${columnsJson(result.columns)},"Rows":[`
  const end = yield* limitedRows(result, limits)
  const failed = end.failure === undefined ? '' : `,{"Exceptions":[${JSON.stringify(end.failure.message)}]}`
  yield `${end.rowCount === 0 ? failed.slice(1) : failed}]}]}`
}

/** Kusto's first wire format: `{"Tables":[{TableName, Columns, Rows}]}`; commands answer with one table. */

function columnsJson(columns: readonly Column[]): string {
  return JSON.stringify(
    columns.map((column) => ({
      ColumnName: column.name,
      DataType: dotNetTypeOf(column.type),
      ColumnType: column.type,
    })),
  )
}

/** The answer to a query over v1: four tables with the result, its properties, its status, and a list of the tables. */
export function* queryAnswerV1(
  result: QueryResult,
  limits: ResultLimits,
  ids: RequestIds,
): Generator<string> {
  yield `{"Tables":[{"TableName":"Table_0","Columns":${columnsJson(result.columns)},"Rows":[`
  const end = yield* limitedRows(result, limits)
  const failed = end.failure === undefined ? '' : `,{"Exceptions":[${JSON.stringify(end.failure.message)}]}`
  yield `${end.rowCount === 0 ? failed.slice(1) : failed}]},`
  yield `${tableJson('Table_1', columns(['Value', 'string']), [['{"Visualization":null}']])},`
  const isGood = end.failure === undefined
  const status: StoredValue[] = [
    ticksOfUnixMs(Date.now()),
    isGood ? 4n : 2n,
    isGood ? 'Info' : 'Error',
    isGood ? 0n : -2_133_196_797n,
    end.failure?.message ?? 'Query completed successfully',
    1n,
    ids.activityId,
    ids.activityId,
    ids.activityId,
    ids.clientRequestId,
  ]
  yield `${tableJson('Table_2', statusColumns, [status])},`
  const contents: StoredValue[][] = [
    [0n, 'QueryResult', 'PrimaryResult', ids.activityId, ''],
    [1n, 'QueryProperties', '@ExtendedProperties', NO_ID, ''],
    [2n, 'QueryStatus', 'QueryStatus', NO_ID, ''],
  ]
  yield `${tableJson('Table_3', contentsColumns, contents)}]}`
}

function tableJson(
  name: string,
  columns: readonly Column[],
  rows: readonly (readonly StoredValue[])[],
): string {
  const types = columns.map((column) => column.type)
  const body = rows.map((row) => encodeRow(types, row)).join(',')
  return `{"TableName":"${name}","Columns":${columnsJson(columns)},"Rows":[${body}]}`
}
