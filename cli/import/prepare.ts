import { isTrickleError } from '../../shared/errors/index.ts'
import { eventLimits } from '../../shared/event-store/index.ts'
import { parseExactJson } from '../../shared/json/index.ts'
import { EntryRefusal, encodeLine, encodeMapped } from './encode-event.ts'
import type { Entry } from './entry.ts'
import type { Mapping } from './mapping.ts'
import { plainCsvEvent } from './plain-csv.ts'
import type { SourceRecord } from './source-record.ts'

export interface Preparation {
  readonly mapping: Mapping | null
  /** Goes into every event, whatever tenant it names; null leaves them as they are. */
  readonly tenant: string | null
  /** The tenant of each line has to be known before it is sent. */
  readonly readsTenants: boolean
}

type What = Entry['what']

function refused(error: unknown): What {
  if (error instanceof EntryRefusal) return { kind: 'rejected', code: error.code, detail: error.message }
  if (isTrickleError(error)) return { kind: 'rejected', code: error.code, detail: error.detail }
  throw error
}

/** The tenant that a line names; a line that can't be read names none, and the server says why it can't. */
function tenantOfLine(bytes: Buffer): string | null {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    if (typeof value !== 'object' || value === null || !('tenant' in value)) return null
    return typeof value.tenant === 'string' ? value.tenant : null
  } catch {
    return null
  }
}

/** The row that a mapping is given. @throws EntryRefusal, TrickleError of the JSON */
function rowOf({ content }: SourceRecord): unknown {
  if (content.kind === 'broken') throw new EntryRefusal(content.code, content.detail)
  if (content.kind === 'fields') return content.fields
  return parseExactJson(content.bytes.toString('utf8'), { maxDepth: eventLimits.jsonDepthMax })
}

function applyMapping(mapping: Mapping, record: SourceRecord): unknown {
  const row = rowOf(record)
  try {
    return mapping.apply(row, { row: record.row, line: record.line })
  } catch (error) {
    throw new EntryRefusal('MAPPING_FAILED', error instanceof Error ? error.message : String(error))
  }
}

function mapped(mapping: Mapping, record: SourceRecord, tenant: string | null): What[] {
  let made: unknown
  try {
    made = applyMapping(mapping, record)
  } catch (error) {
    return [refused(error)]
  }
  if (made === null) return [{ kind: 'skipped' }]
  if (made === undefined) {
    const detail = 'The mapping returned nothing; to skip a row it returns null.'
    return [{ kind: 'rejected', code: 'MAPPING_RESULT', detail }]
  }
  const events: unknown[] = Array.isArray(made) ? made : [made]
  if (events.length === 0) return [{ kind: 'skipped' }]
  return events.map((event): What => {
    try {
      return { kind: 'event', ...encodeMapped(event, tenant) }
    } catch (error) {
      return refused(error)
    }
  })
}

function unmapped(record: SourceRecord, { tenant, readsTenants }: Preparation): What {
  const { content } = record
  try {
    if (content.kind === 'broken') throw new EntryRefusal(content.code, content.detail)
    if (content.kind === 'fields') {
      return { kind: 'event', ...encodeMapped(plainCsvEvent(content.fields), tenant) }
    }
    const line = encodeLine(content.bytes, tenant)
    return { kind: 'event', line, tenant: tenant ?? (readsTenants ? tenantOfLine(line) : null) }
  } catch (error) {
    return refused(error)
  }
}

/** What becomes of a record, at least one entry; nothing that is wrong with it is thrown. */
export function prepare(record: SourceRecord, preparation: Preparation): Entry[] {
  const { mapping, tenant } = preparation
  const all = mapping ? mapped(mapping, record, tenant) : [unmapped(record, preparation)]
  return all.map((what, index) => ({ record, endsRecord: index === all.length - 1, what }))
}
