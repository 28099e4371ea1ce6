import { closeSync, openSync, writeSync } from 'node:fs'
import type { Client } from 'pg'
import { isMet, streamNumber, streamNumberOfName, streamsOfAll } from '../plan/index.ts'
import type { StreamSpace } from '../plan/index.ts'
import { SEEN_BYTES } from '../readers/index.ts'
import type { Breaches } from './breaches.ts'
import type { CommandBook, CommandRecord } from './command-book.ts'

const FETCH_ROWS = 5_000

const ORDERED = `select e.tenant_id, e.stream_id, e.version, e.xid::text as xid, e.type, e.data ->> 'command' as command,
    (e.data ->> 'index')::int as index
  from trickle_events_log.events e order by e.xid, e.position`

interface EventRow {
  readonly tenant_id: string
  readonly stream_id: string
  readonly version: string
  readonly xid: string
  readonly type: string
  readonly command: string | null
  readonly index: number | null
}

/** What the log holds, in the order of the feed: the reference that each reader's log is compared with. */
export interface ScannedLog {
  readonly events: number
  /** The last version of each stream; 0: it has no event. */
  readonly versions: Int32Array
  /** For every event in order: number of the stream, version, and type (one byte), as `Reference` reads them. */
  readonly file: string
}

/** Length of an event in the reference: as in a reader's log, and one byte for its type. */
export const REFERENCE_BYTES = SEEN_BYTES + 1

/**
 * Reads the log once in the order of (xid, position) and checks every event against the ledgers: a writer sent it, it
 * is there once, its append is there as a whole, it has the version that was answered, and at its place in the feed the
 * expectations of its append were true.
 */
export async function scanLog(
  admin: Client,
  space: StreamSpace,
  tenants: ReadonlyMap<string, number>,
  types: readonly string[],
  book: CommandBook,
  file: string,
  breaches: Breaches,
): Promise<ScannedLog> {
  const scan = new Scan(space, tenants, book, breaches)
  const output = openSync(file, 'w')
  let events = 0
  await admin.query('begin')
  await admin.query(`declare log no scroll cursor for ${ORDERED}`)
  for (;;) {
    const { rows } = await admin.query<EventRow>(`fetch ${FETCH_ROWS} from log`)
    if (rows.length === 0) break
    events += rows.length
    const bytes = Buffer.alloc(rows.length * REFERENCE_BYTES)
    rows.forEach((row, index) => {
      const stream = scan.take(row)
      bytes.writeUInt32LE(stream, index * REFERENCE_BYTES)
      bytes.writeUInt32LE(Number(row.version), index * REFERENCE_BYTES + 4)
      bytes.writeUInt8(types.indexOf(row.type), index * REFERENCE_BYTES + SEEN_BYTES)
    })
    writeSync(output, bytes)
  }
  await admin.query('commit')
  closeSync(output)
  scan.end()
  return { events, versions: scan.versions, file }
}

class Scan {
  readonly versions: Int32Array
  readonly #space: StreamSpace
  readonly #tenants: ReadonlyMap<string, number>
  readonly #book: CommandBook
  readonly #breaches: Breaches
  /** The append whose events are being read. An append is one transaction, so its events follow each other. */
  #current: { readonly command: CommandRecord; readonly xid: string } | undefined

  constructor(
    space: StreamSpace,
    tenants: ReadonlyMap<string, number>,
    book: CommandBook,
    breaches: Breaches,
  ) {
    this.versions = new Int32Array(streamsOfAll(space))
    this.#space = space
    this.#tenants = tenants
    this.#book = book
    this.#breaches = breaches
  }

  /** @returns the number of the event's stream */
  take(row: EventRow): number {
    const tenant = this.#tenants.get(row.tenant_id) ?? -1
    const stream = streamNumberOfName(this.#space, tenant, row.stream_id)
    const version = Number(row.version)
    const command = row.command === null ? undefined : this.#book.find(row.command)
    if (command === undefined || command.tenant !== tenant || row.index === null) {
      this.#breaches.add('event-unknown', `${row.stream_id} ${row.version} of ${row.command ?? 'nobody'}`)
    } else {
      if (this.#current?.command.id !== command.id || this.#current.xid !== row.xid)
        this.#begin(command, row.xid)
      this.#hold(command, row.index, stream, version)
    }
    const last = this.versions[stream] ?? 0
    if (version !== last + 1) {
      this.#breaches.add('not-contiguous', `${row.stream_id} of tenant ${tenant}: ${version} follows ${last}`)
    }
    this.versions[stream] = Math.max(last, version)
    return stream
  }

  end(): void {
    const current = this.#current
    if (current === undefined) return
    const { command } = current
    if (command.seen !== command.whole) this.#breaches.add('torn', `${command.id} is in the log by a part`)
    this.#current = undefined
  }

  /** At an append's first event all its expectations must be true: from there on the append held the streams' locks. */
  #begin(command: CommandRecord, xid: string): void {
    this.end()
    this.#current = { command, xid }
    if (command.seen !== 0)
      this.#breaches.add('torn', `${command.id} comes again with the transaction id ${xid}`)
    for (const { stream, expected } of command.expectations()) {
      const version = this.versions[streamNumber(this.#space, command.tenant, stream)] ?? 0
      if (!isMet(expected, version)) {
        this.#breaches.add('condition-unmet', `${command.id} expected ${expected} of a stream at ${version}`)
      }
    }
  }

  #hold(command: CommandRecord, index: number, stream: number, version: number): void {
    if (((command.seen >> index) & 1) === 1) {
      this.#breaches.add(
        'event-doubled',
        `event ${index} of ${command.id} is there again at version ${version}`,
      )
    }
    command.see(index)
    let before = 0
    for (let nth = 0; nth < command.writes; nth += 1) {
      const write = command.write(nth)
      if (index < before + write.events) {
        const isItsStream = streamNumber(this.#space, command.tenant, write.stream) === stream
        const answered = write.answered + index - before
        if (!isItsStream)
          this.#breaches.add('event-unknown', `event ${index} of ${command.id} in another stream`)
        else if (write.answered !== 0 && answered !== version) {
          this.#breaches.add(
            'answer-differs',
            `event ${index} of ${command.id}: answered ${answered}, is ${version}`,
          )
        }
        return
      }
      before += write.events
    }
    this.#breaches.add('event-unknown', `event ${index} of ${command.id}, which has only ${before}`)
  }
}
