import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from 'pg'
import { CLOSE_GATE, connectAdmin, OPEN_GATE, REFRESH, WRITE } from '../faults/index.ts'

/** A foreign transaction that has a transaction id and stays open until `end` is called. */
export interface Foreigner {
  end(): Promise<void>
}

/** A transaction that has written and is idle. */
export async function idleWriter(adminUrl: string): Promise<Foreigner> {
  const client = await connectAdmin(adminUrl)
  await client.query('begin')
  await client.query(WRITE)
  return {
    async end() {
      await client.query('commit')
      await client.end()
    },
  }
}

/** A `refresh materialized view concurrently` whose query runs until `end` is called. */
export async function longRefresh(adminUrl: string): Promise<Foreigner> {
  const gatekeeper = await connectAdmin(adminUrl)
  await gatekeeper.query(CLOSE_GATE)
  const client = await connectAdmin(adminUrl)
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  const refreshing = client.query(REFRESH)
  // `end` awaits it. Without a handler now, an earlier failure would end the process as an unhandled rejection.
  refreshing.catch(() => {})
  await waitAtGate(gatekeeper, rows[0]?.pid)
  return {
    async end() {
      await gatekeeper.query(OPEN_GATE)
      await refreshing
      await gatekeeper.end()
      await client.end()
    },
  }
}

const POLL_MS = 20
const ARRIVES_WITHIN_MS = 30_000

/** Waits until the refresh has its transaction id. @throws Error when it gets none in time */
async function waitAtGate(observer: Client, pid: number | undefined): Promise<void> {
  const deadlineMs = Date.now() + ARRIVES_WITHIN_MS
  while (Date.now() < deadlineMs) {
    const { rowCount } = await observer.query(
      `select from pg_locks l join pg_stat_activity a on a.pid = l.pid
        where l.pid = $1 and l.locktype = 'advisory' and not l.granted and a.backend_xid is not null`,
      [pid],
    )
    if (rowCount === 1) return
    await pause(POLL_MS)
  }
  throw new Error('the refresh did not come to hold a transaction id')
}
