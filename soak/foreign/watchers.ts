import { setTimeout as pause } from 'node:timers/promises'
import { columns, Database, orNull, text } from '../../shared/postgres/index.ts'
import type { RowOf, Statement } from '../../shared/postgres/index.ts'

/** How often a live reader polls, too. */
const POLL_MS = 50
const PAGE_EVENTS_MAX = 1_000
const PAGE_BYTES_MAX = 8 * 1_048_576

/** The event id is null in a row that only tells how far the page has come. */
const seen = columns({ eventId: orNull(text), xid: text, position: text })

/** The page after (xid, position). */
type Page = (xid: string, position: string) => Statement<RowOf<typeof seen>>

/** Reads with the product's own function. */
export const byFeed: Page = (xid, position) => ({
  name: 'soak_feed',
  text: 'select f.event_id, f.xid, f.position from trickle_events_log.read_feed($1, $2, null, null, $3, $4) f',
  columns: seen,
  values: [xid, position, PAGE_EVENTS_MAX, PAGE_BYTES_MAX],
})

/** What a feed would show that knows only the server's oldest running transaction. */
export const byPlainXmin: Page = (xid, position) => ({
  name: 'soak_plain_xmin',
  text: `select e.event_id, e.xid, e.position from trickle_events_log.events e
    where (e.xid, e.position) > ($1::xid8, $2::bigint) and e.xid < pg_snapshot_xmin(pg_current_snapshot())
    order by e.xid, e.position limit $3`,
  columns: seen,
  values: [xid, position, PAGE_EVENTS_MAX],
})

/** Polls a feed and notes when it saw each event. */
export class Watcher {
  /** By event id, milliseconds of performance.now(). */
  readonly seenAtMs = new Map<string, number>()
  readonly #database: Database
  readonly #page: Page
  readonly #running: Promise<void>
  #isEnding = false

  constructor(forwarderUrl: string, page: Page) {
    this.#database = new Database({ url: forwarderUrl, connectionsMax: 1, statements: 'unnamed' })
    this.#page = page
    this.#running = this.#run()
    // `end` awaits it. Without a handler now, an earlier failure would end the process as an unhandled rejection.
    this.#running.catch(() => {})
  }

  /** Waits up to `withinMs` for all these events. @returns whether all of them were seen */
  async sees(ids: readonly string[], withinMs: number): Promise<boolean> {
    const deadlineMs = performance.now() + withinMs
    const hasAll = (): boolean => ids.every((id) => this.seenAtMs.has(id))
    while (!hasAll() && performance.now() < deadlineMs) await pause(POLL_MS)
    return hasAll()
  }

  async end(): Promise<void> {
    this.#isEnding = true
    await this.#running
    await this.#database.end()
  }

  async #run(): Promise<void> {
    let [xid, position] = ['0', '0']
    while (!this.#isEnding) {
      const rows = await this.#database.query(this.#page(xid, position), { isRead: true })
      const nowMs = performance.now()
      for (const { eventId } of rows) if (eventId !== null) this.seenAtMs.set(eventId, nowMs)
      ;({ xid, position } = rows.at(-1) ?? { xid, position })
      await pause(POLL_MS)
    }
  }
}
