import { z } from 'zod'
import { IngestionFailure } from './ingestion-failure.ts'

/** The parts of the ingest client's queue message that the stand-in uses. */
export interface IngestionOrder {
  readonly id: string
  readonly blobUrl: string
  readonly database: string
  readonly table: string
  /** 0 failures, 1 nothing, 2 failures and successes. */
  readonly reportLevel: number
  readonly format: string
  readonly mappingName: string | undefined
  readonly mapping: string | undefined
  readonly tags: readonly string[]
  readonly ingestIfNotExists: readonly string[]
}

const messageSchema = z.object({
  Id: z.string(),
  BlobPath: z.string(),
  DatabaseName: z.string().nullish(),
  TableName: z.string().nullish(),
  ReportLevel: z.number().nullish(),
  AdditionalProperties: z
    .looseObject({
      format: z.string().nullish(),
      ingestionMappingReference: z.string().nullish(),
      ingestionMapping: z.string().nullish(),
      tags: z.string().nullish(),
      ingestIfNotExists: z.string().nullish(),
    })
    .nullish(),
})

const stringList = z.array(z.string())

/** Reads a list that was sent as a JSON string. @throws IngestionFailure BadRequest_MalformedIngestionProperty */
export function listProperty(name: string, text: string | null | undefined): string[] {
  if (text === null || text === undefined || text === '') return []
  try {
    return stringList.parse(JSON.parse(text))
  } catch (cause) {
    throw new IngestionFailure(
      'BadRequest_MalformedIngestionProperty',
      `The property ${name} is not a JSON array of strings: ${text.slice(0, 100)}`,
      { cause },
    )
  }
}

/** The parts of a message that can be read even if other parts are wrong; undefined when it is no ingestion message. */
export function orderHead(text: string): z.infer<typeof messageSchema> | undefined {
  try {
    return messageSchema.parse(JSON.parse(Buffer.from(text, 'base64').toString('utf8')))
  } catch {
    return undefined
  }
}

/** @throws IngestionFailure when a property is missing or wrong */
export function orderOf(head: z.infer<typeof messageSchema>): IngestionOrder {
  const properties = head.AdditionalProperties ?? {}
  const need = (value: string | null | undefined, code: string, what: string): string => {
    if (value === null || value === undefined || value === '')
      throw new IngestionFailure(code, `The message names no ${what}.`)
    return value
  }
  return {
    id: head.Id,
    blobUrl: need(head.BlobPath, 'BadRequest_EmptyBlobUri', 'blob'),
    database: need(head.DatabaseName, 'BadRequest_EmptyDatabaseName', 'database'),
    table: need(head.TableName, 'BadRequest_InvalidOrEmptyTableName', 'table'),
    reportLevel: head.ReportLevel ?? 0,
    format: properties.format ?? 'csv',
    mappingName: properties.ingestionMappingReference ?? undefined,
    mapping: properties.ingestionMapping ?? undefined,
    tags: listProperty('tags', properties.tags),
    ingestIfNotExists: listProperty('ingestIfNotExists', properties.ingestIfNotExists),
  }
}
