import { connectAdmin } from './faults/index.ts'
import { tenantSlug } from './plan/index.ts'
import type { ReaderPlan } from './readers/index.ts'

/** How many events each reader has to see. Counted in the table itself, with an administrator's login. */
export async function countEvents(adminUrl: string, readers: readonly ReaderPlan[]): Promise<number[]> {
  const admin = await connectAdmin(adminUrl)
  try {
    const { rows } = await admin.query<{ slug: string; type: string; member: number; count: string }>(
      `select t.slug, e.type, trickle_events_log.part_of(e.tenant_id, e.stream_id, 2) as member, count(*)
        from trickle_events_log.events e
        join trickle_tenants_state.tenants t on t.tenant_id = e.tenant_id group by 1, 2, 3`,
    )
    return readers.map(({ scope: { tenant, types, isOfMember } }) =>
      rows
        .filter((row) => tenant === null || row.slug === tenantSlug(tenant))
        .filter((row) => !isOfMember || row.member === 0)
        .filter((row) => types === null || types.includes(row.type))
        .reduce((sum, row) => sum + Number(row.count), 0),
    )
  } finally {
    await admin.end()
  }
}

export async function countDeadlocks(adminUrl: string): Promise<number> {
  const admin = await connectAdmin(adminUrl)
  try {
    const { rows } = await admin.query<{ deadlocks: string }>(
      'select d.deadlocks from pg_stat_database d where d.datname = current_database()',
    )
    return Number(rows[0]?.deadlocks)
  } finally {
    await admin.end()
  }
}
