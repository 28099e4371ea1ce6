/** How far a projection has come with each tenant: table `tenant_progress`. */
import { bigint, columns, noColumns, text } from '../../postgres/index.ts'
import type { RowOf, Statement } from '../../postgres/index.ts'
import type { FeedPosition } from '../feed-position.ts'
import type { Holder } from '../lease/statements.ts'
import { setAsideJson } from '../run/statements.ts'
import type { SetAside } from '../run/statements.ts'

/** These events of the tenant took effect before: by another holder, or by this one and the answer was lost. */
export const DONE_BEFORE = 'TK007'
/** Another holder has the lease now. */
export const HOLDER_LOST = 'TK008'

/** Events of one tenant that take effect in one transaction. */
export interface TenantStep {
  readonly tenantId: string
  readonly first: FeedPosition
  readonly last: FeedPosition
  readonly setAside: readonly SetAside[]
}

/** The first statement of a step: binds the tenant. It fails with DONE_BEFORE or HOLDER_LOST. */
export const beginTenantStep = (holder: Holder, step: TenantStep): Statement => ({
  name: 'subscription_begin_tenant_step',
  text: 'select trickle_subscriptions_state.begin_tenant_step($1, $2, $3, $4, $5, $6, $7, $8, $9)',
  columns: noColumns,
  values: [
    holder.name,
    holder.member,
    holder.fence,
    step.tenantId,
    step.first.xid,
    step.first.position,
    step.last.xid,
    step.last.position,
    step.setAside.length === 0 ? null : setAsideJson(step.setAside),
  ],
})

/** The first statement of a replay: binds the tenant. It fails with the same errors as `beginTenantStep`. */
export const beginTenantReplay = (holder: Holder, tenantId: string, parkedId: string): Statement => ({
  name: 'subscription_begin_tenant_replay',
  text: 'select trickle_subscriptions_state.begin_tenant_replay($1, $2, $3, $4, $5)',
  columns: noColumns,
  values: [holder.name, holder.member, holder.fence, tenantId, parkedId],
})

const progressColumns = columns({ tenantId: text, xid: bigint, position: bigint })

/** A tenant of which the projection has handled no event has no row. */
export const selectProgress = (
  name: string,
  tenantIds: readonly string[],
): Statement<RowOf<typeof progressColumns>> => ({
  name: 'subscription_tenant_progress',
  text: `select ${progressColumns.of('p')} from trickle_subscriptions_state.tenant_progress p
    where p.name = $1 and p.tenant_id = any ($2::uuid[])`,
  columns: progressColumns,
  values: [name, tenantIds],
})
