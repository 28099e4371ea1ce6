import { columns, INT8_MAX, oneOf, orNull, text, timestamp } from '../postgres/index.ts'
import type { Database, RowOf, Statement } from '../postgres/index.ts'

const actionColumns = columns({
  actionId: text,
  recordedAt: timestamp,
  action: text,
  outcome: oneOf('done', 'begun'),
  issuer: text,
  subject: text,
  application: orNull(text),
  tenantId: orNull(text),
  target: orNull(text),
  detail: orNull(text),
  traceId: text,
})

type ActionRow = RowOf<typeof actionColumns>

export interface RecordedAction extends Omit<ActionRow, 'actionId'> {
  /** A 64-bit number, as a string. Later rows have higher numbers. */
  readonly id: string
}

export interface ActionPage {
  readonly actions: readonly RecordedAction[]
  /** Where the next page begins; null when this is the last. */
  readonly next: string | null
}

/** The recorded actions, read with the operator's login. */
export class ActionList {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * A page, the newest first.
   * @param before id of the last row of the previous page; null for the newest rows.
   * @throws TrickleError of the DATABASE_ family.
   */
  async page(before: string | null, limit: number): Promise<ActionPage> {
    const rows = await this.#database.query(selectActions(before, limit + 1), { isRead: true })
    const actions = rows.slice(0, limit).map(actionOfRow)
    return { actions, next: rows.length > limit ? (actions.at(-1)?.id ?? null) : null }
  }
}

const selectActions = (before: string | null, limit: number): Statement<ActionRow> => ({
  name: 'select_operator_actions',
  text: `select ${actionColumns.of('a')} from trickle_operations_audit.actions a
    where a.action_id < $1 order by a.action_id desc limit $2`,
  columns: actionColumns,
  values: [before ?? INT8_MAX, limit],
})

const actionOfRow = ({ actionId, ...action }: ActionRow): RecordedAction => ({ id: actionId, ...action })
