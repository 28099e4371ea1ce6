import { timestampOfText, type Database, type Row, type Statement } from '../postgres/index.ts'

export interface RecordedAction {
  /** A 64-bit number, so a string. Later rows have higher ones. */
  readonly id: string
  /** RFC 3339, UTC, microseconds. */
  readonly recordedAt: string
  readonly action: string
  readonly outcome: 'done' | 'begun'
  readonly issuer: string
  readonly subject: string
  readonly application: string | null
  readonly tenantId: string | null
  readonly target: string | null
  readonly detail: string | null
  readonly traceId: string
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
   * @param before id of the last row of the page before; null for the newest.
   * @throws TrickleError of the DATABASE_ family.
   */
  async page(before: string | null, limit: number): Promise<ActionPage> {
    const rows = await this.#database.query(selectActions(before, limit + 1), { isRead: true })
    const actions = rows.slice(0, limit).map(actionOfRow)
    return { actions, next: rows.length > limit ? (actions.at(-1)?.id ?? null) : null }
  }
}

const selectActions = (before: string | null, limit: number): Statement => ({
  name: 'select_operator_actions',
  text: `select a.action_id, a.recorded_at, a.action, a.outcome, a.issuer, a.subject, a.application, a.tenant_id, a.target, a.detail, a.trace_id
    from trickle_operations_audit.actions a
    where a.action_id < coalesce($1, 9223372036854775807) order by a.action_id desc limit $2`,
  values: [before, limit],
})

function actionOfRow(row: Row): RecordedAction {
  const [id, recordedAt, action, outcome, issuer, subject, application, tenantId, target, detail, traceId] =
    row
  return {
    id: id ?? '',
    recordedAt: timestampOfText(recordedAt ?? ''),
    action: action ?? '',
    outcome: outcome === 'begun' ? 'begun' : 'done',
    issuer: issuer ?? '',
    subject: subject ?? '',
    application: application ?? null,
    tenantId: tenantId ?? null,
    target: target ?? null,
    detail: detail ?? null,
    traceId: traceId ?? '',
  }
}
