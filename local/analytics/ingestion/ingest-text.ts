import type { Readable } from 'node:stream'
import { findMapping, ingest, maxValueBytes } from '../engine/index.ts'
import type { EngineDatabase, HandledMessage, IngestionOutcome, Table } from '../engine/index.ts'
import { MULTI_JSON_BYTES_MAX } from '../limits.ts'
import { JsonTextError, scanArray, skipWhitespace } from '../values/index.ts'
import type { StoredValue } from '../values/index.ts'
import { IngestionFailure } from './ingestion-failure.ts'
import { identityMapping, mapColumns } from './json-mapping.ts'
import type { ColumnSource } from './json-mapping.ts'
import { createRecordReader } from './record-reader.ts'
import type { RecordReader } from './record-reader.ts'
import { linesOf, openText, wholeText } from './text-source.ts'
import type { TextSource } from './text-source.ts'

export interface TextIngestion {
  readonly table: Table
  /** `json` (one record per line) or `multijson` (records one after the other, or in an array); case is ignored. */
  readonly format: string
  readonly mappingName?: string | undefined
  /** A mapping's JSON text instead of a name. */
  readonly mapping?: string | undefined
  readonly tags: readonly string[]
  readonly ingestIfNotExists: readonly string[]
  readonly gzip: boolean
  readonly maxBytes: number
  readonly message?: HandledMessage | undefined
}

type Insert = (values: readonly StoredValue[]) => void

/**
 * Reads records of JSON text into a table, in one transaction.
 * @param open called when this ingestion has the write lock, so that no download is open while it waits for the lock
 * @throws IngestionFailure, with no row kept: one malformed record fails the whole source
 */
export async function ingestText(
  database: EngineDatabase,
  open: () => Promise<Readable> | Readable,
  request: TextIngestion,
): Promise<IngestionOutcome> {
  const format = request.format.toLowerCase()
  if (format !== 'json' && format !== 'multijson') {
    throw new IngestionFailure(
      'BadRequest_FormatNotSupported',
      `The stand-in reads the formats json and multijson, not '${request.format}'.`,
    )
  }
  const sources = columnSources(database, request)
  const limits = request.table.columns.map((column) => maxValueBytes(database.reader, request.table, column))
  const read = createRecordReader(request.table, sources, limits)
  const maxBytes = format === 'json' ? request.maxBytes : Math.min(request.maxBytes, MULTI_JSON_BYTES_MAX)
  return await ingest(database, request, async (insert) => {
    const bytes = await open()
    try {
      const source = openText(bytes, { gzip: request.gzip, maxBytes })
      let rows = 0
      const insertCounted: Insert = (values) => {
        rows += 1
        insert(values)
      }
      await (format === 'json' ? readLines : readDocuments)(source, read, insertCounted)
      if (source.bytesRead() === 0) throw new IngestionFailure('BadRequest_EmptyBlob', 'The source is empty.')
      if (rows === 0)
        throw new IngestionFailure('BadRequest_NoRecordsOrWrongFormat', 'The source has no record.')
      return source.bytesRead()
    } finally {
      bytes.destroy()
    }
  })
}

function columnSources(database: EngineDatabase, request: TextIngestion): ColumnSource[] {
  const { table, mapping, mappingName } = request
  if (mapping !== undefined && mappingName !== undefined) {
    throw new IngestionFailure(
      'BadRequest_DuplicateMapping',
      'Both a mapping and the name of a mapping are given.',
    )
  }
  if (mapping !== undefined) return mapColumns(table, mapping)
  if (mappingName === undefined) return identityMapping(table)
  const stored = findMapping(database.reader, table, mappingName)
  if (stored === undefined) {
    throw new IngestionFailure(
      'BadRequest_MappingReferenceWasNotFound',
      `Table '${table.name}' has no json mapping '${mappingName}'.`,
    )
  }
  return mapColumns(table, stored.definition)
}

async function readLines(source: TextSource, read: RecordReader, insert: Insert): Promise<number> {
  let lineNumber = 0
  for await (const line of linesOf(source)) {
    lineNumber += 1
    const start = skipWhitespace(line, 0)
    if (start >= line.length) continue
    try {
      expectObject(line, start)
      const { row, end } = read(line, start, lineNumber)
      if (skipWhitespace(line, end) < line.length)
        throw new JsonTextError('More than one value in a line', end)
      insert(row)
    } catch (error) {
      throw malformed(error, lineNumber)
    }
  }
  return lineNumber
}

function expectObject(text: string, start: number): void {
  if (text[start] !== '{') throw new JsonTextError('Expected an object', start)
}

function malformed(error: unknown, lineNumber: number): unknown {
  if (!(error instanceof JsonTextError)) return error
  return new IngestionFailure(
    'BadRequest_UnexpectedCharacterInInputStream',
    `Record ${lineNumber} is not a JSON object: ${error.message}.`,
    { cause: error },
  )
}

async function readDocuments(source: TextSource, read: RecordReader, insert: Insert): Promise<number> {
  const text = await wholeText(source)
  let count = 0
  const take = (start: number): number => {
    count += 1
    expectObject(text, start)
    const { row, end } = read(text, start, count)
    insert(row)
    return end
  }
  try {
    let position = skipWhitespace(text, 0)
    while (position < text.length) {
      const end: number =
        text[position] === '['
          ? scanArray(text, position, 1, (element) => {
              take(element.start)
            })
          : take(position)
      position = skipWhitespace(text, end)
      // Some writers put commas between documents. The commas are skipped.
      if (text[position] === ',') position = skipWhitespace(text, position + 1)
    }
  } catch (error) {
    throw malformed(error, count)
  }
  return count
}
