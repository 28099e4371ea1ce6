import { Readable } from 'node:stream'
import { tableOf } from '../engine/index.ts'
import { KustoFailure, syntaxFailure, unsupported } from '../failure.ts'
import { IngestionFailure, ingestText, listProperty } from '../ingestion/index.ts'
import { REQUEST_BODY_BYTES_MAX } from '../limits.ts'
import { readTokens } from '../kql/index.ts'
import type { QueryResult } from '../query/index.ts'
import { readProperties, result } from './command.ts'
import type { CommandContext } from './command.ts'

/**
 * `.ingest inline into table T [with (format='json', ingestionMappingReference='M', tags='["..."]',
 * ingestIfNotExists='["..."]')] <| records`
 */
export async function ingestCommand(text: string, context: CommandContext): Promise<QueryResult> {
  const mark = text.indexOf('<|')
  if (mark === -1)
    throw unsupported("'.ingest' from storage", ['.ingest inline into table T with (...) <| data'])
  const reader = readTokens(text.slice(0, mark))
  reader.expect('.')
  reader.expect('ingest')
  reader.expect('inline')
  reader.expect('into')
  reader.expect('table')
  const table = tableOf(context.database.reader, reader.expectName('a table name'))
  const properties = readProperties(reader)
  reader.expectEnd()
  const data = text.slice(mark + 2)
  if (data.trim() === '') throw syntaxFailure('no data follows <|.')
  try {
    const outcome = await ingestText(context.database, () => Readable.from([Buffer.from(data, 'utf8')]), {
      table,
      format: properties.get('format') ?? 'csv',
      mappingName: properties.get('ingestionmappingreference'),
      mapping: properties.get('ingestionmapping'),
      tags: listProperty('tags', properties.get('tags')),
      ingestIfNotExists: listProperty('ingestIfNotExists', properties.get('ingestifnotexists')),
      gzip: false,
      maxBytes: REQUEST_BODY_BYTES_MAX,
    })
    const rows = outcome.kind === 'ingested' ? [[outcome.extentId, table.name, BigInt(outcome.rowCount)]] : []
    return result(['ExtentId:guid', 'TableName:string', 'RowCount:long'], rows)
  } catch (error) {
    throw asKustoFailure(error)
  }
}

function asKustoFailure(error: unknown): unknown {
  if (!(error instanceof IngestionFailure)) return error
  return new KustoFailure({
    message: error.message,
    code: error.code,
    permanent: error.permanent,
    cause: error,
  })
}
