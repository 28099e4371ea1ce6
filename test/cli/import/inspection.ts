import { Client } from 'pg'
import { statusOf } from '../../local/run/support.ts'

/** Looks into the database of a local run as the inspector, who may read everything. */
export class Inspection {
  readonly #home: string
  #url: string | undefined

  constructor(home: string) {
    this.#home = home
  }

  /** After a start with --fresh the server has another port. */
  forget(): void {
    this.#url = undefined
  }

  async query<T>(text: string): Promise<T[]> {
    return this.#with(async (client) => (await client.query(text)).rows as T[])
  }

  async stored(): Promise<number> {
    const [row] = await this.query<{ n: number }>(COUNT)
    return row?.n ?? 0
  }

  /** Waits until so many events are stored. One connection for all looks: on a busy machine a login takes longer than an import. */
  async untilStored(events: number): Promise<void> {
    await this.#with(async (client) => {
      for (;;) {
        const { rows } = await client.query<{ n: number }>(COUNT)
        if ((rows[0]?.n ?? 0) >= events) return
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    })
  }

  /**
   * While so many events and no more than a few batches beyond them are stored: no batch goes on meanwhile, since each
   * meets a stream whose lock is held here, so however busy the machine is, the import is not through.
   */
  async inTheMiddle(events: number, work: () => unknown): Promise<void> {
    await this.untilStored(events)
    await this.#with(async (client) => {
      await client.query(
        `select pg_advisory_lock(${LOCK_CLASS}, stripe) from generate_series(0, ${STRIPES - 1}) as stripe`,
      )
      await work()
    })
  }

  async #with<T>(work: (client: Client) => Promise<T>): Promise<T> {
    this.#url ??= (await statusOf(this.#home)).postgres?.inspector
    const client = new Client({ connectionString: this.#url })
    await client.connect()
    try {
      return await work(client)
    } finally {
      await client.end()
    }
  }
}

const COUNT = 'select count(*)::int n from trickle_events_log.events'

/** What trickle_events_log.lock_class() gives; the inspector may not call it. */
const LOCK_CLASS = 1_163_067_393

/** Of 4,096: a batch of 500 lines to hundreds of streams misses all of these once in 10^14. */
const STRIPES = 256
