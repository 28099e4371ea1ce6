import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { isTrickleError } from '../../shared/errors/index.ts'
import type { Random } from '../plan/index.ts'
import type { ReaderOrders, ReaderPlan, ReaderState } from './messages.ts'
import { SeenLog } from './seen-log.ts'
import { openSource } from './sources.ts'
import type { FeedSource, SeenPage } from './sources.ts'

/** Often enough to keep up with the writers. Each poll reads the lock table: more polls would slow the writers. */
const POLL_MS = 50
/** After the writers' end, a reader gives up the missing events after this many empty pages in a row: two seconds. */
const EMPTY_PAGES_MAX = 40
/** For a reader that restarts: after this share of its pages it stores a checkpoint, or restarts. */
const SHARE_STORED = 0.3
const SHARE_RESTARTED = 0.02

export const logOf = (folder: string, reader: number): string => join(folder, `reader-${reader}.seen`)

/** Reads one feed from its beginning until it has seen as many events as `until` says, or no more events come. */
export class Reader {
  readonly #orders: ReaderOrders
  readonly #plan: ReaderPlan
  readonly #random: Random
  readonly #log: SeenLog
  #source: FeedSource | undefined
  #next: string | undefined
  #restarts = 0
  #failures = 0
  #until: number | undefined

  constructor(orders: ReaderOrders, index: number, plan: ReaderPlan, random: Random) {
    this.#orders = orders
    this.#plan = plan
    this.#random = random
    this.#log = new SeenLog(logOf(orders.folder, index))
  }

  get state(): ReaderState {
    return { seen: this.#log.count, restarts: this.#restarts, failures: this.#failures }
  }

  until(count: number): void {
    this.#until = count
  }

  async run(): Promise<void> {
    let emptyPages = 0
    while (this.#until === undefined || (this.#log.count < this.#until && emptyPages < EMPTY_PAGES_MAX)) {
      const page = await this.#read()
      if (page === undefined || page.events.length === 0) {
        emptyPages = this.#until === undefined ? 0 : emptyPages + 1
        if (page !== undefined) this.#next = page.next
        await pause(POLL_MS)
        continue
      }
      emptyPages = 0
      this.#log.add(page.events)
      this.#next = page.next
      if (this.#plan.restarts) await this.#perhapsRestart()
    }
    await this.#source?.end()
    this.#log.close()
  }

  /** Undefined when the page could not be read, for example after a killed connection. It is then read again. */
  async #read(): Promise<SeenPage | undefined> {
    try {
      this.#source ??= await openSource(this.#orders, this.#plan)
      return await this.#source.read(this.#next, 1 + this.#random.below(this.#plan.pageMax))
    } catch (error) {
      if (!isTrickleError(error) || !error.retryable) throw error
      this.#failures += 1
      return undefined
    }
  }

  async #perhapsRestart(): Promise<void> {
    if (this.#next !== undefined && this.#random.chance(SHARE_STORED)) this.#log.store(this.#next)
    if (this.#restarts === 0 && this.#next !== undefined) {
      // The first checkpoint does not depend on chance, so that there is always one to go back to.
      this.#log.store(this.#next)
    } else if (!this.#random.chance(SHARE_RESTARTED)) return
    this.#restarts += 1
    await this.#source?.end()
    this.#source = undefined
    this.#next = this.#log.goBack()
  }
}
