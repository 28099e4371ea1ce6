import { Client } from 'pg'

/** So many that one is open nearly always, and that an append often lies between the beginnings of two. */
const TRANSACTIONS = 12

/**
 * Most are about as long as some appends take and some are longer, so that a page that is read soon or late after them
 * may end in their midst; all are short beside the patience of the tests.
 */
const OPEN_MAX_SECONDS = 0.2

/** With TRICKLE_TEST_FOREIGN=1 (`npm run test:repeat -- --foreign`) the servers that tests share are made unquiet. */
export const isForeignWanted = (): boolean => process.env['TRICKLE_TEST_FOREIGN'] === '1'

/**
 * Keeps transactions coming and going on a server that draw an id and write nothing, as those of other files and of
 * autovacuum do. While one is open, a page of the feed may end before it: a test that takes one page for the whole feed
 * fails then, which else happens on a busy machine only.
 * @param url of any database of the server to which this login may connect.
 * @returns what ends them.
 */
export async function startForeignTransactions(url: string): Promise<() => Promise<void>> {
  const clients = Array.from({ length: TRANSACTIONS }, () => new Client({ connectionString: url }))
  const ending = new AbortController()
  const keepGoing = async (client: Client): Promise<void> => {
    while (!ending.signal.aborted)
      await client.query(
        `begin; select pg_current_xact_id(); select pg_sleep(random() * random() * ${OPEN_MAX_SECONDS}); commit`,
      )
  }
  for (const client of clients) {
    client.on('error', () => {}) // a test may end the server itself
    await client.connect()
  }
  const loops = clients.map((client) => keepGoing(client).catch(() => {}))
  return async () => {
    ending.abort()
    await Promise.all(loops)
    await Promise.all(clients.map((client) => client.end().catch(() => {})))
  }
}
