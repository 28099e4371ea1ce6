import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import type { Random } from '../plan/index.ts'

const KILL = `select pg_terminate_backend(a.pid), a.usename from pg_stat_activity a
  where a.usename in ('trickle_app', 'trickle_forwarder', 'trickle_worker') and a.datname = current_database() order by random() limit 1`

/** Again and again, ends a backend of the app, the forwarder or the worker. The backend may be busy or idle. */
export async function killBackends(
  adminUrl: string,
  random: Random,
  pauseMsMax: number,
  kills: Record<string, number>,
  signal: AbortSignal,
): Promise<void> {
  const admin = new Client({ connectionString: adminUrl })
  await admin.connect()
  try {
    while (!signal.aborted) {
      await pause(random.next() * pauseMsMax, undefined, { signal }).catch(() => {})
      if (signal.aborted) break
      const { rows } = await admin.query<{ usename: string }>(KILL)
      for (const { usename } of rows) kills[usename] = (kills[usename] ?? 0) + 1
    }
  } finally {
    await admin.end()
  }
}
