// A mapping for `trickle import` for any CSV with a header row. As it stands it fits hotel bookings such as
//   hotel,is_canceled,lead_time,...,reservation_status,reservation_status_date
//
//   npx trickle import hotel-bookings-resort.csv --map examples/generic-csv.mjs --create-tenants
//
// For another CSV, edit the settings below, or set their environment variables (TRICKLE_MAP_ and the name below):
//   TRICKLE_MAP_STREAM_COLUMNS=type TRICKLE_MAP_TYPE=prompt.published TRICKLE_MAP_TYPE_COLUMN= TRICKLE_MAP_TIME_COLUMN= \
//     npx trickle import prompts.csv --map examples/generic-csv.mjs --tenant acme
//
// The setting of a column may be empty: then no column is used for it. All cells become the data, as strings.
import { createHash } from 'node:crypto'

const setting = (name, value) => process.env[`TRICKLE_MAP_${name}`] ?? value
const list = (text) => text.split(',').filter((name) => name !== '')

// The column with the tenant. If a CSV does not have it, all rows go to the tenant of the command (--tenant).
const tenantColumn = setting('TENANT_COLUMN', 'hotel')
// The columns that together name the stream. None: every row has its own stream.
const streamColumns = list(setting('STREAM_COLUMNS', ''))
// The beginning of a stream's name.
const streamPrefix = setting('STREAM_PREFIX', 'booking')
// The type of the events, and the column whose cell is appended to it.
const typeName = setting('TYPE', 'booking')
const typeColumn = setting('TYPE_COLUMN', 'reservation_status')
// The column with the time of the event: a date or an RFC 3339 time. None: the time of the import is used.
const timeColumn = setting('TIME_COLUMN', 'reservation_status_date')
// The columns that together identify a row. None: an id is made from the row's number and its cells.
const idColumns = list(setting('ID_COLUMNS', ''))
// The CloudEvents source of the events. Ids must be unique within it.
const source = setting('SOURCE', 'csv')

const hash = (value) => createHash('sha256').update(JSON.stringify(value)).digest('hex')

function cell(fields, name) {
  if (Object.hasOwn(fields, name)) return fields[name]
  throw new Error(`there is no column "${name}"; there are ${Object.keys(fields).join(', ')}`)
}

const cells = (fields, names) => names.map((name) => cell(fields, name))

// If a name must be changed to be valid, a part of its hash is appended, so that two names never become the same.
function fitting(text, fits, unfit, lengthMax) {
  if (fits.test(text)) return text
  const readable = text
    .toLowerCase()
    .replaceAll(unfit, '-')
    .replaceAll(/^[^a-z0-9]+|-+$/g, '')
  return `${readable.slice(0, lengthMax - 17)}${readable === '' ? '' : '-'}${hash(text).slice(0, 16)}`
}

const tenantSlug = (text) => fitting(text, /^[a-z0-9][a-z0-9._-]{0,62}$/, /[^a-z0-9._-]+/g, 63)
const streamPart = (text) => fitting(text, /^[A-Za-z0-9._~-]{1,80}$/, /[^a-z0-9._~-]+/g, 80)

function timeOf(text) {
  if (text === '') return undefined
  return /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text
}

export default function csvEvent(fields, { row }) {
  const tenant = Object.hasOwn(fields, tenantColumn) ? tenantSlug(fields[tenantColumn]) : undefined
  // The row's number is part of the id, since a CSV may hold the same row twice. The same file gives the same ids.
  const id =
    idColumns.length > 0 ? JSON.stringify(cells(fields, idColumns)) : hash([row, fields]).slice(0, 32)
  const streamParts = (streamColumns.length > 0 ? cells(fields, streamColumns) : [id]).map(streamPart)
  const kind = typeColumn === '' ? '' : cell(fields, typeColumn)
  return {
    tenant,
    streamId: [streamPrefix, ...streamParts].join(':'),
    id,
    source,
    type: kind === '' ? typeName : `${typeName}.${kind.toLowerCase().replaceAll(/\s+/g, '-')}`,
    time: timeColumn === '' ? undefined : timeOf(cell(fields, timeColumn)),
    data: fields,
  }
}
