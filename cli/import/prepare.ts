import { isTrickleError } from '../../shared/errors/index.ts'
import { eventLimits } from '../../shared/event-store/index.ts'
import { isBlankLine, parseExactJson } from '../../shared/json/index.ts'
import { plainCsvEvent } from './csv-columns.ts'
import type { Entry, SourceRecord } from './entries.ts'
import type { Mapping } from './mapping.ts'

export interface Preparation {
  readonly mapping: Mapping | null
  /** Set in every event, even if it names another tenant. Null: events stay unchanged. */
  readonly tenant: string | null
  /** True if each line's tenant must be known before the line is sent. */
  readonly readsTenants: boolean
}

type What = Entry['what']

/** Turns a record into one or more entries. A fault in the record is not thrown: it becomes a rejected entry. */
export function prepare(record: SourceRecord, preparation: Preparation): Entry[] {
  const { mapping, tenant } = preparation
  const all = mapping ? mapped(mapping, record, tenant) : [unmapped(record, preparation)]
  return all.map((what, index) => ({ record, endsRecord: index === all.length - 1, what }))
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

function applyMapping(mapping: Mapping, record: SourceRecord): unknown {
  const row = rowOf(record)
  try {
    return mapping.apply(row, { row: record.row, line: record.line })
  } catch (error) {
    throw new EntryRefusal('MAPPING_FAILED', error instanceof Error ? error.message : String(error))
  }
}

/** The row that a mapping is given. @throws EntryRefusal, TrickleError of the JSON */
function rowOf({ content }: SourceRecord): unknown {
  if (content.kind === 'broken') throw new EntryRefusal(content.code, content.detail)
  if (content.kind === 'fields') return content.fields
  return parseExactJson(content.bytes.toString('utf8'), { maxDepth: eventLimits.jsonDepthMax })
}

function refused(error: unknown): What {
  if (error instanceof EntryRefusal) return { kind: 'rejected', code: error.code, detail: error.message }
  if (isTrickleError(error)) return { kind: 'rejected', code: error.code, detail: error.detail }
  throw error
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

/** The tenant that a line names. A line that can't be read names none; the server will say what is wrong with it. */
function tenantOfLine(bytes: Buffer): string | null {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    if (typeof value !== 'object' || value === null || !('tenant' in value)) return null
    return typeof value.tenant === 'string' ? value.tenant : null
  } catch {
    return null
  }
}

/** A record that can't be sent. It is rejected with this code. */
export class EntryRefusal extends Error {
  override readonly name = 'EntryRefusal'
  readonly code: string

  constructor(code: string, detail: string) {
    super(detail)
    this.code = code
  }
}

const CLOSING_BRACE = 0x7d
const OPENING_BRACE = 0x7b

/**
 * A line that already has the server's form. Its bytes are sent unchanged, so that no number and no escape changes.
 *
 * A tenant is written after the last member, since JSON readers use the last of two members with the same name. Broken
 * JSON stays broken, since `,"tenant":"x"` can stand only where `}` could. The server then says what is wrong.
 */
export function encodeLine(bytes: Buffer, tenant: string | null): Buffer {
  const end = lastInk(bytes, bytes.length)
  if (tenant === null || bytes[end] !== CLOSING_BRACE) return assertFits(bytes.subarray(0, end + 1))
  const isEmpty = bytes[lastInk(bytes, end)] === OPENING_BRACE
  const member = `${isEmpty ? '' : ','}"tenant":${JSON.stringify(tenant)}}`
  return assertFits(Buffer.concat([bytes.subarray(0, end), Buffer.from(member)]))
}

/** Skips only characters of blank lines. A NUL is content: a line with a NUL must reach the server as a line. */
function lastInk(bytes: Buffer, before: number): number {
  let at = before - 1
  while (at >= 0 && isBlankLine(bytes.subarray(at, at + 1))) at -= 1
  return at
}

function assertFits(line: Buffer): Buffer {
  const bytesMax = eventLimits.importLineBytesMax
  if (line.length <= bytesMax) return line
  throw new EntryRefusal(
    'EVENT_TOO_LARGE',
    `The event has ${line.length} bytes; ${bytesMax} are the most that can be sent.`,
  )
}

/** Turns the result of a mapping into a line. The server checks whether it is a valid event. */
export function encodeMapped(event: unknown, tenant: string | null): { line: Buffer; tenant: string | null } {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) {
    throw new EntryRefusal(
      'MAPPING_RESULT',
      `The mapping returned ${describe(event)} in the place of an event.`,
    )
  }
  if (event instanceof Promise) {
    throw new EntryRefusal(
      'MAPPING_RESULT',
      'The mapping returned a Promise: it must be a plain function, not async.',
    )
  }
  const placed = tenant === null ? event : { ...event, tenant }
  let text: string
  try {
    text = JSON.stringify(placed, refuseLoss)
  } catch (error) {
    if (error instanceof EntryRefusal) throw error
    // The value contains itself, or a toJSON has thrown.
    throw new EntryRefusal(
      'MAPPING_RESULT',
      error instanceof Error ? (error.message.split('\n')[0] ?? '') : '',
    )
  }
  const own = 'tenant' in placed && typeof placed.tenant === 'string' ? placed.tenant : null
  return { line: assertFits(Buffer.from(text)), tenant: own }
}

/** Refuses values that JSON can't express. `JSON.stringify` would silently leave them out or turn them into null. */
function refuseLoss(this: unknown, key: string, value: unknown): unknown {
  const place = key === '' ? 'The event' : `"${key}"`
  // toJSON ran before this: `value` is a text for a valid date, and null for an invalid one.
  const date = (this as Readonly<Record<string, unknown>>)[key]
  if (date instanceof Date && Number.isNaN(date.getTime())) {
    throw new EntryRefusal('MAPPING_RESULT', `${place} is an invalid date.`)
  }
  if (typeof value === 'bigint') return JSON.rawJSON(value.toString())
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new EntryRefusal('MAPPING_RESULT', `${place} is ${value}, which is no number in JSON.`)
  }
  if (typeof value === 'function' || typeof value === 'symbol') {
    throw new EntryRefusal('MAPPING_RESULT', `${place} is a ${typeof value}, which JSON can't hold.`)
  }
  if (value instanceof Map || value instanceof Set) {
    throw new EntryRefusal(
      'MAPPING_RESULT',
      `${place} is a ${value.constructor.name}: make an object or an array.`,
    )
  }
  return value
}

function describe(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array inside an array'
  return value === undefined ? 'undefined' : `a ${typeof value}`
}
