import { CommandFailure } from '../frame/index.ts'
import { headerText, separatorHint } from './csv-header.ts'

/** Columns that are members of the event itself; all others are members of its data. */
const eventColumns = [
  'tenant',
  'streamId',
  'streamType',
  'id',
  'source',
  'type',
  'time',
  'correlationId',
  'causationId',
]

const requiredColumns = ['streamId', 'id', 'type']

/**
 * The event of a CSV row without a mapping: columns that are called like members of an event are these, the others go
 * into `data`, as the strings that they are (so that no number loses a digit). An empty cell of an event's own is none.
 * @throws CommandFailure CSV_COLUMNS, which is true of the whole file
 */
export function plainCsvEvent(fields: Readonly<Record<string, string>>): Record<string, unknown> {
  const missing = requiredColumns.filter((name) => !Object.hasOwn(fields, name))
  if (missing.length > 0) {
    const names = Object.keys(fields)
    const mend = separatorHint(names) ?? 'For another CSV see examples/generic-csv.mjs.'
    throw new CommandFailure(
      'CSV_COLUMNS',
      `Without --map a CSV needs the columns streamId, id and type; ${missing.join(', ')} is missing. Its header has ${headerText(names)}. ${mend}`,
    )
  }
  const cells = Object.entries(fields)
  const isOwn = (name: string): boolean => eventColumns.includes(name)
  return {
    ...Object.fromEntries(cells.filter(([name, value]) => isOwn(name) && value !== '')),
    data: Object.fromEntries(cells.filter(([name]) => !isOwn(name))),
  }
}
