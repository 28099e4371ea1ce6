import type { Client } from 'pg'
import { DOMAIN_TRACE } from '../writers/index.ts'
import type { Breaches } from './breaches.ts'

const COMPARE = `
  select coalesce(d.stream_id, e.stream_id) as stream_id, coalesce(d.events, 0) as in_table, coalesce(e.events, 0) as in_log
    from soak_domain.streams d
    full join (
      select e.tenant_id, e.stream_id, count(*) as events from trickle_events_log.events e
        where e.trace_parent = $1 group by e.tenant_id, e.stream_id) e
      on e.tenant_id = d.tenant_id and e.stream_id = d.stream_id`

/**
 * A row of the domain's table and the events that were written with it must both be there, or neither.
 * @returns how many events came with a row
 */
export async function checkDomainRows(admin: Client, breaches: Breaches): Promise<number> {
  const { rows } = await admin.query<{ stream_id: string; in_table: string; in_log: string }>(COMPARE, [
    DOMAIN_TRACE,
  ])
  for (const row of rows.filter(({ in_table, in_log }) => in_table !== in_log)) {
    breaches.add(
      'row-differs',
      `${row.stream_id}: ${row.in_table} events by its row, ${row.in_log} in the log`,
    )
  }
  return rows.reduce((sum, { in_log }) => sum + Number(in_log), 0)
}
