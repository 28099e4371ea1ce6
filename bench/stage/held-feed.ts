import { Client } from 'pg'

/**
 * Reads the lock table once a millisecond. A transaction that has an id holds the lock of that id until it ends, and the
 * feed waits for it. The share of readings that found such a lock, times the time, is how long the feed was held.
 * The pause is needed: reading the lock table locks it, so a watch without a pause delays the transactions that it
 * measures, and more those with more locks.
 */
const WATCH = `
  create function public.watch_transactions(p_ms double precision) returns double precision language plpgsql volatile as $$
  declare
    v_end timestamptz := clock_timestamp() + make_interval(secs => p_ms / 1000);
    v_looks bigint := 0;
    v_held bigint := 0;
  begin
    loop
      v_looks := v_looks + 1;
      v_held := v_held + (exists (select from pg_locks l where l.locktype = 'transactionid'))::int;
      exit when clock_timestamp() >= v_end;
      perform pg_sleep(0.001);
    end loop;
    return v_held::double precision / v_looks;
  end $$`

/** Measures for which share of a time the feed was held. Nobody else may write to the server meanwhile. */
export class FeedWatch {
  readonly #client: Client

  private constructor(client: Client) {
    this.#client = client
  }

  static async start(adminUrl: string): Promise<FeedWatch> {
    const client = new Client({ connectionString: adminUrl })
    await client.connect()
    await client.query(WATCH)
    return new FeedWatch(client)
  }

  /** Between 0 and 1. */
  async shareHeld(durationMs: number): Promise<number> {
    const { rows } = await this.#client.query<{ share: number }>(
      'select public.watch_transactions($1) as share',
      [durationMs],
    )
    return rows[0]?.share ?? 0
  }

  async end(): Promise<void> {
    await this.#client.end()
  }
}
