import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import { codeOf } from '../../shared/postgres/index.ts'

const EVERY_MS = 500

/** Longer than any pause between PREPARE TRANSACTION and its end, so a living writer's transaction is not taken. */
const LOST_AFTER_SECONDS = 2

const LOST = `select p.gid from pg_prepared_xacts p
  where p.database = current_database() and p.gid like $1 and p.prepared < clock_timestamp() - $2 * interval '1 second'`

/**
 * Rolls back prepared transactions whose writer was killed, as an operator does. As long as they exist, the feed
 * rightly waits for them.
 */
export async function rollBackLostPrepared(
  adminUrl: string,
  prefix: string,
  signal: AbortSignal,
): Promise<number> {
  const admin = new Client({ connectionString: adminUrl })
  await admin.connect()
  let rolledBack = 0
  try {
    while (!signal.aborted) {
      await pause(EVERY_MS)
      const { rows } = await admin.query<{ gid: string }>(LOST, [`${prefix}%`, LOST_AFTER_SECONDS])
      for (const { gid } of rows) {
        // 42704, 55000: its writer has ended the transaction meanwhile, or is ending it at this moment.
        const done = await admin.query(`rollback prepared '${gid}'`).catch((error: unknown) => {
          if (!['42704', '55000'].includes(codeOf(error))) throw error
        })
        if (done !== undefined) rolledBack += 1
      }
    }
    return rolledBack
  } finally {
    await admin.end()
  }
}
