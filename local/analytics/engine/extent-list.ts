import type { DatabaseSync } from 'node:sqlite'
import type { Table } from './catalog.ts'

export interface Extent {
  readonly extentId: string
  readonly createdOnTicks: bigint
  readonly originalBytes: bigint
  readonly rowCount: bigint
  readonly tags: readonly string[]
}

/** `has` compares the whole tag; `contains` finds a part of a tag and ignores case. An extent must pass all filters. */
export interface TagFilter {
  readonly operator: 'contains' | 'has'
  readonly negated: boolean
  readonly tag: string
}

/** The table's extents, newest last. With a `has` filter only the extents that have the tag are read. */
export function listExtents(database: DatabaseSync, table: Table, filters: readonly TagFilter[]): Extent[] {
  const exact = filters.find((filter) => filter.operator === 'has' && !filter.negated)
  const statement = database.prepare(
    `SELECT e.extent_id, e.created_on, e.original_bytes, e.row_count,
            (SELECT json_group_array(t.tag) FROM kusto_extent_tags AS t WHERE t.extent = e.id) AS tags
       FROM kusto_extents AS e
      WHERE ${
        exact === undefined
          ? 'e.table_id = ?'
          : 'e.id IN (SELECT extent FROM kusto_extent_tags WHERE table_id = ? AND tag = ?)'
      }
      ORDER BY e.id`,
  )
  statement.setReadBigInts(true)
  const rows = exact === undefined ? statement.all(table.id) : statement.all(table.id, exact.tag)
  return rows
    .map((row) => ({
      extentId: String(row['extent_id']),
      createdOnTicks: row['created_on'] as bigint,
      originalBytes: row['original_bytes'] as bigint,
      rowCount: row['row_count'] as bigint,
      tags: JSON.parse(String(row['tags'])) as string[],
    }))
    .filter((extent) => filters.every((filter) => obeys(extent.tags, filter)))
}

function obeys(tags: readonly string[], filter: TagFilter): boolean {
  const wanted = filter.tag.toLowerCase()
  const found =
    filter.operator === 'has'
      ? tags.includes(filter.tag)
      : tags.some((tag) => tag.toLowerCase().includes(wanted))
  return found !== filter.negated
}
