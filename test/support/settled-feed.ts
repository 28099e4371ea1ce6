import { withClient } from '../../database/index.ts'

/** Only to end a wait that hangs: transactions of tests last a few seconds at most. */
const WAIT_MAX_MS = 60_000

/** Short compared with the transactions that it waits for. */
const PAUSE_MS = 5

/**
 * Waits until every transaction that has an id at the time of the call has ended, in all databases of the server.
 *
 * A page of the feed may end before a transaction that is still open: of another file, of autovacuum, of the product
 * itself. After this wait the feed shows everything that was written before it, in one page if it fits. It waits for
 * transactions and not for events, so a lost event fails the test at once.
 * @param url of any login and database of the server.
 * @throws when one of the transactions is still open after a minute.
 */
export async function feedSettled(url: string): Promise<void> {
  await withClient(url, async (client) => {
    const { rows: ends } = await client.query<{ id: string }>(
      'select pg_snapshot_xmax(pg_current_snapshot())::text as id',
    )
    const endMs = performance.now() + WAIT_MAX_MS
    for (;;) {
      const { rows } = await client.query<{ oldest: string; isSettled: boolean }>(
        `select h.oldest::text, h.oldest >= $1::xid8 as "isSettled"
          from pg_snapshot_xmin(pg_current_snapshot()) as h (oldest)`,
        [ends[0]?.id],
      )
      if (rows[0]?.isSettled) return
      if (performance.now() > endMs)
        throw new Error(`transaction ${rows[0]?.oldest} is still open after ${WAIT_MAX_MS / 1_000} s`)
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  })
}
