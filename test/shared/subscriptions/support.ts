import type { Client } from 'pg'

/** What is stored of a subscription and of one of its members. */
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

export async function subscriptionRow(admin: Client, name: string, member = 0): Promise<SubscriptionRow> {
  const { rows } = await admin.query<SubscriptionRow>(
    `select s.state, m.xid, m.position, m.fence, m.failures, coalesce(s.error, m.error) as error, m.lease_owner,
        (extract(epoch from m.lease_until - m.updated_at) * 1000)::float8 as lease_ms,
        (extract(epoch from m.retry_at - m.updated_at) * 1000)::float8 as retry_ms
      from trickle_subscriptions_state.subscriptions s join trickle_subscriptions_state.members m on m.name = s.name and m.member = $2
      where s.name = $1`,
    [name, member],
  )
  const [row] = rows
  if (row === undefined) throw new Error(`there is no subscription ${name}`)
  return row
}

/** Its holder has been silent for too long. */
export async function expireLease(admin: Client, name: string): Promise<void> {
  await admin.query(
    "update trickle_subscriptions_state.members set lease_until = clock_timestamp() - interval '1 second' where name = $1",
    [name],
  )
}

/** The wait after a failure is over. */
export async function endWait(admin: Client, name: string): Promise<void> {
  await admin.query(
    "update trickle_subscriptions_state.members set retry_at = clock_timestamp() - interval '1 second' where name = $1",
    [name],
  )
}
