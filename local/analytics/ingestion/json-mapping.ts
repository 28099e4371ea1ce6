import { z } from 'zod'
import type { Table } from '../engine/index.ts'
import { KustoFailure, syntaxFailure } from '../failure.ts'
import { parseJsonPath } from '../values/index.ts'
import type { JsonPath } from '../values/index.ts'
import { IngestionFailure } from './ingestion-failure.ts'

/** Where a column's value comes from. */
export type ColumnSource =
  | { readonly kind: 'path'; readonly path: JsonPath }
  | { readonly kind: 'constant'; readonly text: string }
  /** The number of the record in its source, from 1. */
  | { readonly kind: 'line' }
  | { readonly kind: 'nothing' }

const properties = z.looseObject({
  path: z.string().optional(),
  constvalue: z.string().optional(),
  transform: z.string().optional(),
})

const element = z.looseObject({
  column: z.string().min(1),
  properties: properties.optional(),
  /** The older form of a mapping, without `Properties`. */
  path: z.string().optional(),
})

type MappingElement = z.infer<typeof element>

/**
 * Reads a JSON ingestion mapping without looking at the table, so that `.create-or-alter` can refuse a wrong mapping.
 * @throws KustoFailure naming what is wrong
 */
export function parseMapping(definition: string): ReadonlyMap<string, ColumnSource> {
  return new Map(readElements(definition).map((item) => [item.column, sourceOf(item)]))
}

function readElements(definition: string): MappingElement[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(definition)
  } catch (cause) {
    throw syntaxFailure(`the mapping is not JSON: ${cause instanceof Error ? cause.message : String(cause)}.`)
  }
  const list = Array.isArray(parsed) ? parsed.map((item) => lowerKeys(item)) : parsed
  const result = z.array(element).min(1).safeParse(list)
  if (!result.success) throw syntaxFailure(`the mapping is not valid: ${z.prettifyError(result.error)}.`)
  return result.data
}

/** Kusto ignores case in the names of a mapping's members. */
function lowerKeys(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key.toLowerCase(), lowerKeys(member)]),
  )
}

function sourceOf(item: MappingElement): ColumnSource {
  const transform = item.properties?.transform?.toLowerCase()
  if (transform === 'sourcelinenumber') return { kind: 'line' }
  if (transform !== undefined && transform !== 'none') {
    throw new KustoFailure({
      message: `The local stand-in for Azure Data Explorer does not support the transform '${item.properties?.transform ?? ''}'. Supported: SourceLineNumber.`,
      code: 'BadRequest_NotSupported',
    })
  }
  const constant = item.properties?.constvalue
  if (constant !== undefined) return { kind: 'constant', text: constant }
  const path = item.properties?.path ?? item.path
  if (path === undefined)
    throw syntaxFailure(`the mapping of column '${item.column}' has neither Path nor ConstValue.`)
  return path.startsWith('$') ? { kind: 'path', path: parseJsonPath(path) } : { kind: 'constant', text: path }
}

/**
 * The sources of a table's columns, in their order; columns that the mapping leaves out stay empty.
 * @throws IngestionFailure BadRequest_InvalidMapping, BadRequest_InconsistentMapping (the table has no such column)
 */
export function mapColumns(table: Table, definition: string): ColumnSource[] {
  let mapping: ReadonlyMap<string, ColumnSource>
  try {
    mapping = parseMapping(definition)
  } catch (cause) {
    if (!(cause instanceof KustoFailure)) throw cause
    throw new IngestionFailure('BadRequest_InvalidMapping', cause.message, { cause })
  }
  const known = new Set(table.columns.map((column) => column.name))
  const strange = [...mapping.keys()].find((name) => !known.has(name))
  if (strange !== undefined) {
    throw new IngestionFailure(
      'BadRequest_InconsistentMapping',
      `The mapping names column '${strange}', which table '${table.name}' does not have.`,
    )
  }
  return table.columns.map((column) => mapping.get(column.name) ?? { kind: 'nothing' })
}

/** Without a mapping each column takes the property of its own name. */
export function identityMapping(table: Table): ColumnSource[] {
  return table.columns.map((column) => ({ kind: 'path', path: [column.name] }))
}
