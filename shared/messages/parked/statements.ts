/** Table `parked_messages`. */
import { columns, integer, json, noColumns, oneOf, orNull, text, timestamp } from '../../postgres/index.ts'
import type { RowOf, Statement } from '../../postgres/index.ts'

/** A message as it is kept. The texts can be stored. */
export interface ParkedRow {
  /** SHA-256 of the whole body, in hexadecimal digits. */
  readonly digest: string
  readonly tenantId: string | null
  readonly messageId: string | null
  readonly sessionId: string | null
  readonly sequenceNumber: string | null
  readonly reason: string
  readonly detail: string
  readonly times: number
  readonly bodyBytes: number
  readonly contentType: string | null
  /** JSON of an object. */
  readonly applicationProperties: string
  readonly enqueuedAt: string | null
  readonly body: Buffer
}

export const parkMessages = (queue: string, rows: readonly ParkedRow[]): Statement => ({
  name: 'park_messages',
  text: 'select trickle_messages_state.park($1, $2, $3)',
  columns: noColumns,
  values: [
    queue,
    `[${rows.map(({ body: _body, applicationProperties, ...row }) => `${JSON.stringify(row).slice(0, -1)},"applicationProperties":${applicationProperties}}`).join(',')}]`,
    rows.map(({ body }) => body),
  ],
})

const summaryTypes = {
  parkedId: text,
  queue: text,
  tenantId: orNull(text),
  messageId: orNull(text),
  sessionId: orNull(text),
  sequenceNumber: orNull(text),
  reason: text,
  detail: text,
  attempts: integer,
  bodyBytes: integer,
  contentType: orNull(text),
  enqueuedAt: orNull(timestamp),
  parkedAt: timestamp,
  state: oneOf('parked', 'resubmitted', 'discarded'),
  resubmissions: integer,
  decidedAt: orNull(timestamp),
  decidedBy: orNull(text),
} as const

const summaryColumns = columns(summaryTypes)

export type SummaryRow = RowOf<typeof summaryColumns>

export interface ParkedFilter {
  readonly queue: string | null
  readonly reason: string | null
  readonly state: SummaryRow['state'] | null
  readonly tenantId: string | null
}

export const selectParkedMessages = (
  { queue, reason, state, tenantId }: ParkedFilter,
  after: string,
  limit: number,
): Statement<SummaryRow> => ({
  name: 'select_parked_messages',
  text: `select ${summaryColumns.of('p')} from trickle_messages_state.parked_messages p
    where p.parked_id > $1 and ($2::text is null or p.queue = $2) and ($3::text is null or p.reason = $3)
      and ($4::text is null or p.state = $4) and ($5::uuid is null or p.tenant_id = $5)
    order by p.parked_id limit $6`,
  columns: summaryColumns,
  values: [after, queue, reason, state, tenantId, limit],
})

const messageColumns = columns({
  ...summaryTypes,
  body: { read: (printed: string) => Buffer.from(printed.slice('\\x'.length), 'hex') },
  applicationProperties: json<Readonly<Record<string, string | number | boolean | null>>>(),
})

export type MessageRow = RowOf<typeof messageColumns>

export const selectParkedMessage = (parkedId: string): Statement<MessageRow> => ({
  name: 'select_parked_message',
  text: `select ${messageColumns.of('p')} from trickle_messages_state.parked_messages p where p.parked_id = $1`,
  columns: messageColumns,
  values: [parkedId],
})

const openColumns = columns({ queue: text, messages: integer, oldestAt: timestamp })

export type OpenRow = RowOf<typeof openColumns>

export const selectOpenMessages = (countedMax: number): Statement<OpenRow> => ({
  name: 'select_open_messages',
  text: `select ${openColumns.of('o')} from trickle_messages_state.open_messages($1) o`,
  columns: openColumns,
  values: [countedMax],
})

const decidedColumns = columns({
  parkedId: text,
  outcome: oneOf('done', 'not-found', 'decided', 'parked-again'),
  tenantId: orNull(text),
})

export type DecidedRow = RowOf<typeof decidedColumns>

export const decideMessages = (
  decision: 'resubmitted' | 'discarded',
  seen: readonly { readonly parkedId: string; readonly attempts: number }[],
  by: string,
): Statement<DecidedRow> => ({
  name: 'decide_parked_messages',
  text: `select ${decidedColumns.of('d')} from trickle_messages_state.decide($1, $2, $3) d`,
  columns: decidedColumns,
  values: [decision, JSON.stringify(seen.map(({ parkedId, attempts }) => ({ parkedId, attempts }))), by],
})
