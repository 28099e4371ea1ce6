import { noColumns } from '../postgres/index.ts'
import type { RunStatement, Statement } from '../postgres/index.ts'
import type { OperatorAction } from './operator-action.ts'

/** What an action was done to. */
export interface ActionFacts {
  /** One row is added for each tenant. Absent or empty: one row without a tenant. */
  readonly tenantIds?: readonly string[]
  /** The name of the thing: a tenant's slug, a subscription, an epoch. */
  readonly target?: string
  /** How it was done, such as the point at which a subscription goes on. Never a text that the operator wrote. */
  readonly detail?: string
  /** `begun` where the action goes on after this transaction. Default: done. */
  readonly outcome?: 'done' | 'begun'
}

/**
 * Adds the row of an action to the transaction that does it. Without an action nothing is added: one of our own
 * programs that uses an operator's login is not an operator.
 */
export async function recordAction(
  run: RunStatement,
  action: OperatorAction | undefined,
  facts: ActionFacts,
): Promise<void> {
  if (action !== undefined) await run(insertAction(action, facts))
}

const insertAction = (
  { requestId, name, issuer, subject, application, traceId }: OperatorAction,
  { tenantIds = [], target, detail, outcome = 'done' }: ActionFacts,
): Statement => ({
  name: 'insert_operator_action',
  text: `insert into trickle_operations_audit.actions
      (request_id, action, outcome, issuer, subject, application, tenant_id, target, detail, trace_id)
    select $1, $2, $3, $4, $5, $6, t.tenant_id, $8, $9, $10 from unnest($7::uuid[]) as t (tenant_id)
    on conflict do nothing`,
  columns: noColumns,
  values: [
    requestId,
    name,
    outcome,
    issuer,
    subject,
    application,
    tenantIds.length === 0 ? [null] : tenantIds,
    cut(target),
    cut(detail),
    traceId,
  ],
})

/**
 * The longest text that the table takes; a longer one is cut. A time with a thousand decimals must not make an action
 * fail.
 */
const TEXT_CHARACTERS_MAX = 300

const cut = (text: string | undefined): string | null => text?.slice(0, TEXT_CHARACTERS_MAX) ?? null
