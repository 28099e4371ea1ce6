import { Readable } from 'node:stream'
import { z } from 'zod'
import { isStreamingEnabled, runCommand } from '../commands/index.ts'
import type { CommandContext } from '../commands/index.ts'
import { tableOf } from '../engine/index.ts'
import { KustoFailure, entityNotFound } from '../failure.ts'
import { IngestionFailure, ingestText } from '../ingestion/index.ts'
import { RESULT_BYTES_MAX, RESULT_ROWS_MAX, STREAMING_INGESTION_BYTES_MAX } from '../limits.ts'
import { runQuery } from '../query/index.ts'
import { commandAnswerV1, queryAnswerV1, queryAnswerV2 } from '../wire/index.ts'
import type { RequestIds, ResultLimits } from '../wire/index.ts'
import type { Reply } from './reply.ts'

const propertiesSchema = z.looseObject({
  Options: z.looseObject({}).nullish(),
  Parameters: z.record(z.string(), z.unknown()).nullish(),
})

/** The body of a query or command. */
const requestSchema = z.object({
  db: z.string().nullish(),
  csl: z.string(),
  properties: propertiesSchema.nullish(),
})

export type KustoRequest = z.infer<typeof requestSchema>

/** @throws KustoFailure when the body is not a request */
export function parseRequest(body: Buffer): KustoRequest {
  let parsed: unknown
  try {
    parsed = openProperties(JSON.parse(body.toString('utf8')))
  } catch (cause) {
    throw new KustoFailure({ message: 'The request body is not JSON.', cause })
  }
  const result = requestSchema.safeParse(parsed)
  if (result.success) return result.data
  throw new KustoFailure({ message: `The request body is not valid: ${z.prettifyError(result.error)}.` })
}

/** Some clients send the properties as JSON in a string. */
function openProperties(body: unknown): unknown {
  if (body === null || typeof body !== 'object' || !('properties' in body)) return body
  const { properties } = body
  return typeof properties === 'string' ? { ...body, properties: JSON.parse(properties) as unknown } : body
}

/** POST /v1/rest/mgmt */
export async function answerCommand(context: CommandContext, request: KustoRequest): Promise<Reply> {
  checkDatabase(context, request.db, true)
  if (!request.csl.trimStart().startsWith('.')) {
    throw new KustoFailure({
      message: 'A management command begins with a dot; queries go to /v2/rest/query.',
    })
  }
  const result = await runCommand(request.csl, context)
  return { status: 200, body: commandAnswerV1(result, limitsOf(request)) }
}

/** Commands that concern no database send one of these names. */
const ANY_DATABASE = new Set(['', 'NetDefaultDB'])

function checkDatabase(context: CommandContext, name: string | null | undefined, isCommand: boolean): void {
  const given = name ?? ''
  if (given === context.databaseName || (isCommand && ANY_DATABASE.has(given))) return
  throw entityNotFound('Database', given)
}

function limitsOf(request: KustoRequest): ResultLimits {
  const options = request.properties?.Options ?? {}
  return {
    maxRows: limitOf(options['truncationmaxrecords'], RESULT_ROWS_MAX),
    maxBytes: limitOf(options['truncationmaxsize'], RESULT_BYTES_MAX),
  }
}

function limitOf(option: unknown, most: number): number {
  const number = typeof option === 'number' || typeof option === 'string' ? Number(option) : Number.NaN
  return Number.isSafeInteger(number) && number >= 0 ? Math.min(number, most) : most
}

/** POST /v1/rest/query, /v2/rest/query */
export async function answerQuery(
  context: CommandContext,
  request: KustoRequest,
  ids: RequestIds,
  version: 1 | 2,
): Promise<Reply> {
  checkDatabase(context, request.db, false)
  const result = await runQuery(context.database, request.csl, request.properties?.Parameters ?? {})
  const answer = version === 1 ? queryAnswerV1 : queryAnswerV2
  return { status: 200, body: answer(result, limitsOf(request), ids) }
}

/** POST /v1/rest/ingest/{db}/{table}?streamFormat=json&mappingName=M: the rows are visible at once and have no tags. */
export async function answerStreamingIngestion(
  context: CommandContext,
  address: { readonly database: string; readonly table: string; readonly query: URLSearchParams },
  body: Buffer,
): Promise<Reply> {
  checkDatabase(context, address.database, false)
  const table = tableOf(context.database.reader, address.table)
  if (!isStreamingEnabled(context.database, context.databaseName, table.name)) {
    throw new KustoFailure({
      code: 'BadRequest_StreamingIngestionPolicyNotEnabled',
      message: `Streaming ingestion is not enabled for table '${table.name}'; enable it with .alter table ${table.name} policy streamingingestion enable.`,
    })
  }
  if (address.query.get('sourceKind') === 'uri') {
    throw new KustoFailure({
      code: 'BadRequest_NotSupported',
      message: 'The stand-in streams no blobs (sourceKind=uri).',
    })
  }
  const mappingName = address.query.get('mappingName') ?? undefined
  if (mappingName === undefined) {
    throw new KustoFailure({
      code: 'BadRequest_MissingMappingtFailure',
      message: 'Streaming of json needs mappingName.',
    })
  }
  try {
    const outcome = await ingestText(context.database, () => Readable.from([body]), {
      table,
      format: address.query.get('streamFormat') ?? 'csv',
      mappingName,
      tags: [],
      ingestIfNotExists: [],
      gzip: false,
      maxBytes: STREAMING_INGESTION_BYTES_MAX,
    })
    const consumed = outcome.kind === 'ingested' ? BigInt(outcome.rowCount) : 0n
    const columns = [{ name: 'ConsumedRecordsCount', type: 'long' as const }]
    const limits = { maxRows: RESULT_ROWS_MAX, maxBytes: RESULT_BYTES_MAX }
    return { status: 200, body: commandAnswerV1({ columns, rows: [[consumed]] }, limits) }
  } catch (error) {
    throw streamingFailure(error)
  }
}

function streamingFailure(error: unknown): unknown {
  if (!(error instanceof IngestionFailure)) return error
  return new KustoFailure({
    message: error.message,
    code: error.code,
    permanent: error.permanent,
    cause: error,
  })
}
