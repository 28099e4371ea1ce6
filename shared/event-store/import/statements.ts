import { columns, integer, oneOf, orNull, text } from '../../postgres/index.ts'
import type { RowOf, Statement } from '../../postgres/index.ts'

const importedColumns = columns({
  /** Number of the line, from 0. */
  n: integer,
  outcome: oneOf('appended', 'duplicate', 'rejected'),
  code: orNull(text),
  /** The stream's type, if the line claims another type. */
  streamType: orNull(text),
})

export type ImportedRow = RowOf<typeof importedColumns>

export const importEvents = (tenantId: string, linesJson: string): Statement<ImportedRow> => ({
  name: 'import_events',
  text: `select ${importedColumns.of('i')} from trickle_events_log.import_events($1, $2) i`,
  columns: importedColumns,
  values: [tenantId, linesJson],
})

export const importEventsOf = (tenantIds: readonly string[], linesJson: string): Statement<ImportedRow> => ({
  name: 'import_events_of',
  text: `select ${importedColumns.of('i')} from trickle_events_log.import_events_of($1, $2) i`,
  columns: importedColumns,
  values: [tenantIds, linesJson],
})
