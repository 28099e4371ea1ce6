import type { Client } from 'pg'

/** What is stored of a subscription. */
export interface SubscriptionRow {
  readonly state: string
  readonly xid: string
  readonly position: string
  readonly fence: string
  readonly failures: number
  readonly error: string | null
  readonly lease_owner: string | null
  /** Length of the lease and of the wait after a failure, from the last change on. */
  readonly lease_ms: number | null
  readonly retry_ms: number | null
}

export async function subscriptionRow(admin: Client, name: string): Promise<SubscriptionRow> {
  const { rows } = await admin.query<SubscriptionRow>(
    `select state, xid, position, fence, failures, error, lease_owner,
        (extract(epoch from lease_until - updated_at) * 1000)::float8 as lease_ms,
        (extract(epoch from retry_at - updated_at) * 1000)::float8 as retry_ms
      from trickle_subscriptions_state.subscriptions where name = $1`,
    [name],
  )
  const [row] = rows
  if (row === undefined) throw new Error(`there is no subscription ${name}`)
  return row
}

/** Its holder has been silent for too long. */
export async function expireLease(admin: Client, name: string): Promise<void> {
  await admin.query(
    "update trickle_subscriptions_state.subscriptions set lease_until = clock_timestamp() - interval '1 second' where name = $1",
    [name],
  )
}

/** The wait after a failure is over. */
export async function endWait(admin: Client, name: string): Promise<void> {
  await admin.query(
    "update trickle_subscriptions_state.subscriptions set retry_at = clock_timestamp() - interval '1 second' where name = $1",
    [name],
  )
}
