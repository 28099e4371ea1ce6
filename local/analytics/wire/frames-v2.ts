import type { QueryResult } from '../query/index.ts'
import type { Column } from '../values/index.ts'
import { errorBody } from './error-body.ts'
import type { RequestIds } from './error-body.ts'
import { limitedRows } from './limited-rows.ts'
import type { ResultLimits } from './limited-rows.ts'

function column(name: string, type: Column['type']): Column {
  return { name, type }
}

const propertyColumns = [column('TableId', 'int'), column('Key', 'string'), column('Value', 'dynamic')]

/** The answer to a query over v2. A failure while rows are read is in the rows and in the last frame; status is 200. */
export function* queryAnswerV2(
  result: QueryResult,
  limits: ResultLimits,
  ids: RequestIds,
): Generator<string> {
  yield '[{"FrameType":"DataSetHeader","IsProgressive":false,"Version":"v2.0"},'
  yield (
    `{"FrameType":"DataTable","TableId":0,"TableKind":"QueryProperties","TableName":"@ExtendedProperties",` +
      `"Columns":${columnsJson(propertyColumns)},"Rows":[[1,"Visualization","{\\"Visualization\\":null}"]]},`
  )
  yield (
    `{"FrameType":"DataTable","TableId":1,"TableKind":"PrimaryResult","TableName":"PrimaryResult",` +
      `"Columns":${columnsJson(result.columns)},"Rows":[`
  )
  const end = yield* limitedRows(result, limits)
  if (end.failure === undefined) {
    yield `]},${completionFrame(ids, undefined)},`
    yield '{"FrameType":"DataSetCompletion","HasErrors":false,"Cancelled":false}]'
    return
  }
  const errors = JSON.stringify([errorBody(end.failure, ids)])
  yield `${end.rowCount === 0 ? '' : ','}{"OneApiErrors":${errors}}]},`
  yield `${completionFrame(ids, end.failure.message)},`
  yield `{"FrameType":"DataSetCompletion","HasErrors":true,"Cancelled":false,"OneApiErrors":${errors}}]`
}

/**
 * Kusto's second wire format for queries: an array of frames ("Query V2 HTTP response" in its documentation). The
 * stand-in never sends progress frames.
 */

function columnsJson(columns: readonly Column[]): string {
  return JSON.stringify(columns.map(({ name, type }) => ({ ColumnName: name, ColumnType: type })))
}

const completionColumns = [
  column('Timestamp', 'datetime'),
  column('ClientRequestId', 'string'),
  column('ActivityId', 'guid'),
  column('SubActivityId', 'guid'),
  column('ParentActivityId', 'guid'),
  column('Level', 'int'),
  column('LevelName', 'string'),
  column('StatusCode', 'int'),
  column('StatusCodeName', 'string'),
  column('EventType', 'int'),
  column('EventTypeName', 'string'),
  column('Payload', 'string'),
]

function completionFrame(ids: RequestIds, failureMessage: string | undefined): string {
  const isGood = failureMessage === undefined
  const id = ids.activityId
  const row = [
    new Date().toISOString(),
    ids.clientRequestId,
    id,
    id,
    id,
    isGood ? 4 : 2,
    isGood ? 'Info' : 'Error',
    isGood ? 0 : -2_133_196_797,
    isGood ? 'S_OK (0)' : 'Partial query failure (80DA0003)',
    4,
    'QueryInfo',
    JSON.stringify({ Count: 1, Text: failureMessage ?? 'Query completed successfully' }),
  ]
  return (
    `{"FrameType":"DataTable","TableId":2,"TableKind":"QueryCompletionInformation",` +
    `"TableName":"QueryCompletionInformation","Columns":${columnsJson(completionColumns)},` +
    `"Rows":[${JSON.stringify(row)}]}`
  )
}
