import { KustoFailure } from '../failure.ts'
import type { QueryResult } from '../query/index.ts'
import { encodeRow } from './cell.ts'
import { failureOf } from './error-body.ts'

export interface ResultLimits {
  readonly maxRows: number
  readonly maxBytes: number
}

/** Large enough that sending is cheap, small enough that memory use stays low. */
const CHUNK_LENGTH = 64 * 1024

/** How the rows ended: complete, or with the failure that stopped them (after the HTTP status was sent). */
export interface RowsEnd {
  readonly rowCount: number
  readonly failure: KustoFailure | undefined
}

/** Yields the JSON of the rows, with commas between them, in large pieces. Returns how the rows ended. */
export function* limitedRows(result: QueryResult, limits: ResultLimits): Generator<string, RowsEnd> {
  const types = result.columns.map((column) => column.type)
  let pending: string[] = []
  let pendingLength = 0
  let rowCount = 0
  let bytes = 0
  let failure: KustoFailure | undefined
  try {
    for (const row of result.rows) {
      if (rowCount >= limits.maxRows) throw tooLarge(`record count limit ${limits.maxRows}`)
      const text = encodeRow(types, row)
      bytes += Buffer.byteLength(text, 'utf8')
      if (bytes > limits.maxBytes) throw tooLarge(`data size limit ${limits.maxBytes}`)
      pending.push(rowCount === 0 ? text : `,${text}`)
      pendingLength += text.length
      rowCount += 1
      if (pendingLength >= CHUNK_LENGTH) {
        yield pending.join('')
        pending = []
        pendingLength = 0
      }
    }
  } catch (error) {
    failure = failureOf(error)
  }
  yield pending.join('')
  return { rowCount, failure }
}

function tooLarge(what: string): KustoFailure {
  return new KustoFailure({
    code: 'LimitsExceeded',
    message:
      `Query execution has exceeded the allowed limits (80DA0003): Query result set has exceeded the internal ` +
      `${what} (E_QUERY_RESULT_SET_TOO_LARGE; see https://aka.ms/kustoquerylimits).`,
    permanent: false,
    exceptionType: 'KustoServicePartialQueryFailureLimitsExceededException',
  })
}
