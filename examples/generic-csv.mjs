// A mapping for `trickle import` for any CSV with a header row. As it stands it fits hotel bookings such as
//   hotel,is_canceled,lead_time,...,reservation_status,reservation_status_date
//
//   npx --no -- trickle import hotel-bookings-resort.csv --map examples/generic-csv.mjs --create-tenants
//
// For another CSV edit the settings below, or set them by the variables that stand beside them:
//   TRICKLE_MAP_STREAM_COLUMNS=type TRICKLE_MAP_TYPE=prompt.published TRICKLE_MAP_TYPE_COLUMN= TRICKLE_MAP_TIME_COLUMN= \
//     npx --no -- trickle import prompts.csv --map examples/generic-csv.mjs --tenant acme
//
// A setting of a column may be empty: then it is left out. All cells, as the strings that they are, become the data.
import { createHash } from 'node:crypto'

const setting = (name, value) => process.env[`TRICKLE_MAP_${name}`] ?? value
const list = (text) => text.split(',').filter((name) => name !== '')

// Which column names the tenant. A CSV without it goes to the tenant that the command names (--tenant).
const tenantColumn = setting('TENANT_COLUMN', 'hotel')
// Which columns, taken together, name the stream; none: every row is a stream of its own.
const streamColumns = list(setting('STREAM_COLUMNS', ''))
// What the name of a stream begins with.
const streamPrefix = setting('STREAM_PREFIX', 'booking')
// The type of the events, and the column whose cell is put after it.
const typeName = setting('TYPE', 'booking')
const typeColumn = setting('TYPE_COLUMN', 'reservation_status')
// When it happened: a date or an RFC 3339 time. Without, the time of the import counts.
const timeColumn = setting('TIME_COLUMN', 'reservation_status_date')
// Which columns, taken together, tell one row from all others; none: an id is made of the row's number and its cells.
const idColumns = list(setting('ID_COLUMNS', ''))
// Where the events come from; ids need to be unique within it.
const source = setting('SOURCE', 'csv')

const hash = (value) => createHash('sha256').update(JSON.stringify(value)).digest('hex')

function cell(fields, name) {
  if (Object.hasOwn(fields, name)) return fields[name]
  throw new Error(`there is no column "${name}"; there are ${Object.keys(fields).join(', ')}`)
}

const cells = (fields, names) => names.map((name) => cell(fields, name))

// A name that has to be changed to fit is given a piece of its hash, so that two names never become one.
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
  // The row's number is part of it, since a CSV may well hold the same row twice. The same file gives the same ids.
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
