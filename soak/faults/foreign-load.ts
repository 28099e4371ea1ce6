import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from 'pg'
import type { Random } from '../plan/index.ts'
import {
  BUILD_INDEX,
  connectAdmin,
  DROP_INDEX,
  makeForeignObjects,
  REFRESH,
  WRITE,
} from './foreign-objects.ts'

export interface ForeignCounts {
  idleTransactions: number
  refreshes: number
  indexBuilds: number
  preparedTransactions: number
}

/** Longer than any append. Short enough that the dead rows that VACUUM must keep meanwhile do not slow the run. */
const HELD_MAX_MS = 3_000
const REFRESH_SECONDS = 1.5

/**
 * Foreign work that runs at the same time, in the log's database and in another database of the server: transactions
 * that have written and are idle, refreshes, index builds, prepared transactions. The feed must wait for none of them.
 */
export class ForeignLoad {
  readonly counts: ForeignCounts = {
    idleTransactions: 0,
    refreshes: 0,
    indexBuilds: 0,
    preparedTransactions: 0,
  }
  readonly #adminUrls: readonly string[]
  readonly #random: Random
  readonly #ending = new AbortController()
  #loops: Promise<void>[] = []
  #standing: Client[] = []

  private constructor(adminUrls: readonly string[], random: Random) {
    this.#adminUrls = adminUrls
    this.#random = random
  }

  static async start(adminUrls: readonly string[], random: Random): Promise<ForeignLoad> {
    for (const url of adminUrls) await makeForeignObjects(url, REFRESH_SECONDS)
    const load = new ForeignLoad(adminUrls, random)
    load.#loops = adminUrls.flatMap((url, index) => [
      load.#loop(url, (client) => load.#standIdle(client)),
      load.#loop(url, (client) => load.#refresh(client)),
      load.#loop(url, (client) => load.#build(client)),
      load.#loop(url, (client) => load.#prepare(client, `foreign-${index}`)),
    ])
    // `stop` awaits the loops. Without a handler now, an earlier failure would end the process as an unhandled
    // rejection.
    for (const loop of load.#loops) loop.catch(() => {})
    return load
  }

  /** Opens a transaction in each database, which writes and then stays open until `stop`. */
  async stand(): Promise<void> {
    for (const url of this.#adminUrls) {
      const client = await connectAdmin(url)
      this.#standing.push(client)
      await client.query('begin')
      await client.query(WRITE)
    }
  }

  /** Ends the loops. The transactions that `stand` has opened stay open. */
  async stopLoops(): Promise<void> {
    this.#ending.abort()
    await Promise.all(this.#loops)
  }

  async stop(): Promise<void> {
    await Promise.allSettled([this.stopLoops(), ...this.#standing.map((client) => client.end())])
  }

  async #loop(url: string, work: (client: Client) => Promise<void>): Promise<void> {
    const client = await connectAdmin(url)
    try {
      while (!this.#ending.signal.aborted) await work(client)
    } finally {
      await client.end()
    }
  }

  async #hold(): Promise<void> {
    const signal = this.#ending.signal
    await pause(this.#random.next() * HELD_MAX_MS, undefined, { signal }).catch(() => {})
  }

  async #standIdle(client: Client): Promise<void> {
    await client.query('begin')
    await client.query(WRITE)
    await this.#hold()
    await client.query('commit')
    this.counts.idleTransactions += 1
  }

  async #refresh(client: Client): Promise<void> {
    await client.query(REFRESH)
    this.counts.refreshes += 1
    await this.#hold()
  }

  async #build(client: Client): Promise<void> {
    await client.query(BUILD_INDEX)
    await client.query(DROP_INDEX)
    this.counts.indexBuilds += 1
    await this.#hold()
  }

  async #prepare(client: Client, name: string): Promise<void> {
    await client.query('begin')
    await client.query(WRITE)
    await client.query(`prepare transaction '${name}'`)
    await this.#hold()
    await client.query(`rollback prepared '${name}'`)
    this.counts.preparedTransactions += 1
  }
}
