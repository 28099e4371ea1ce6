import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import { codeOf } from '../../shared/postgres/index.ts'

/** Often enough that a transaction which is found after the writers' end is gone before the readers give up. */
const EVERY_MS = 250

/** Longer than any pause between PREPARE TRANSACTION and its end, so a living writer's transaction is not taken. */
const LOST_AFTER_SECONDS = 2

const LOST = `select p.gid from pg_prepared_xacts p
  where p.database = current_database() and p.gid like $1 and p.prepared < clock_timestamp() - $2 * interval '1 second'`

export interface JanitorSignals {
  /** Aborted when all writers have ended. From then on every transaction that they prepared is a lost one. */
  readonly writersEnded: AbortSignal
  /** Aborted when nobody waits for the feed any more. */
  readonly readersEnded: AbortSignal
}

/**
 * Rolls back prepared transactions that nobody ends any more, because their writer or its connection was killed, as an
 * operator does. As long as they exist, the feed rightly waits for them. So this must go on until the readers have
 * ended: a transaction that was left shortly before the writers' end would otherwise hold the feed for ever.
 * @returns how many were rolled back
 */
export async function rollBackLostPrepared(
  adminUrl: string,
  prefix: string,
  { writersEnded, readersEnded }: JanitorSignals,
): Promise<number> {
  const admin = new Client({ connectionString: adminUrl })
  await admin.connect()
  let rolledBack = 0
  try {
    while (!readersEnded.aborted) {
      const lostAfterSeconds = writersEnded.aborted ? 0 : LOST_AFTER_SECONDS
      const { rows } = await admin.query<{ gid: string }>(LOST, [`${prefix}%`, lostAfterSeconds])
      for (const { gid } of rows) {
        // 42704, 55000: its writer has ended the transaction meanwhile, or is ending it at this moment.
        const done = await admin.query(`rollback prepared '${gid}'`).catch((error: unknown) => {
          if (!['42704', '55000'].includes(codeOf(error))) throw error
        })
        if (done !== undefined) rolledBack += 1
      }
      await pause(EVERY_MS, undefined, { signal: readersEnded }).catch(() => {})
    }
    return rolledBack
  } finally {
    await admin.end()
  }
}
