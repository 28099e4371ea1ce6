import { Client } from 'pg'

/** So many that nearly always one is open, and that an append often gets an id between the ids of two of them. */
const TRANSACTIONS = 12

/**
 * Most last about as long as a few appends, and some last longer. So a page may end among the appends, whether it is
 * read soon or later. All are short compared with the time limits of the tests.
 */
const OPEN_MAX_SECONDS = 0.2

/** With TRICKLE_TEST_FOREIGN=1 (`npm run test:repeat -- --foreign`) the shared servers have foreign transactions. */
export const isForeignWanted = (): boolean => process.env['TRICKLE_TEST_FOREIGN'] === '1'

/**
 * Opens and ends transactions on a server again and again. They get an id and write nothing, like those of other files
 * and of autovacuum. While one is open, a page of the feed may end before it. So a test that takes one page for the
 * whole feed fails here, and not only on a busy machine.
 * @param url of any database of the server to which this login may connect.
 * @returns a function that ends them.
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
