import { mkdir } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import type { MessageJournal, SeenId, StoredMessage } from '../engine/index.ts'
import { JOURNAL_CLEAN_FROM_BYTES, SEGMENTS_MAX, SEGMENT_BYTES_MAX } from '../limits.ts'
import { GroupCommit } from './group-commit.ts'
import { attemptRecord, headRecord, putRecord, removeRecord, seenRecord } from './records.ts'
import { Replay } from './replay.ts'
import type { ReplayedQueue } from './replay.ts'
import { createSegment, readSegment, removeSegment, segmentNumbers } from './segments.ts'

/** Everything that is alive, for the journal to keep when it removes an old file. */
export interface JournalSource {
  heads(): Iterable<{ readonly queue: string; readonly nextSequenceNumber: number }>
  messages(): Iterable<StoredMessage>
  seen(): Iterable<{ readonly queue: string; readonly seen: SeenId }>
}

interface Segment {
  readonly number: number
  bytes: number
  /** The part of `bytes` that is the newest record of a message or an id that still counts. */
  liveBytes: number
}

/** When the journal begins another file, and when it removes old ones. A test gives smaller numbers. */
export interface JournalLimits {
  readonly segmentBytesMax: number
  readonly cleanFromBytes: number
  readonly segmentsMax: number
}

const defaultLimits: JournalLimits = {
  segmentBytesMax: SEGMENT_BYTES_MAX,
  cleanFromBytes: JOURNAL_CLEAN_FROM_BYTES,
  segmentsMax: SEGMENTS_MAX,
}

/** How many bytes of messages are moved in one record while the journal is cleaned. */
const MOVED_BYTES_MAX = 1024 * 1024

export class Journal implements MessageJournal {
  readonly #folder: string
  readonly #commit: GroupCommit
  readonly #failed: (error: unknown) => void
  /** The oldest first. Records go into the last one. */
  readonly #segments: Segment[]
  readonly #closing: Promise<void>[] = []
  readonly #limits: JournalLimits
  #source: JournalSource | undefined
  #handle: Promise<FileHandle>
  #cleaning: Promise<void> | undefined

  private constructor(
    folder: string,
    segments: Segment[],
    failed: (error: unknown) => void,
    limits: JournalLimits,
  ) {
    this.#folder = folder
    this.#limits = limits
    this.#segments = segments
    this.#failed = failed
    this.#commit = new GroupCommit(failed)
    this.#handle = this.#newSegment()
  }

  /**
   * Opens the journal of a folder, which is made if it is missing.
   * @param failed called when the disk fails; the broker must end then
   * @throws JournalFailure when what is there can't be used
   */
  static async open(
    folder: string,
    failed: (error: unknown) => void,
    limits = defaultLimits,
  ): Promise<{ journal: Journal; queues: Map<string, ReplayedQueue> }> {
    await mkdir(folder, { recursive: true })
    const replay = new Replay()
    const segments: Segment[] = []
    const numbers = await segmentNumbers(folder)
    for (const number of numbers) {
      const bytes = await readSegment(folder, number, number === numbers.at(-1), (record) => {
        replay.apply(record, number)
      })
      if (bytes > 0) segments.push({ number, bytes, liveBytes: 0 })
    }
    for (const { messages } of replay.queues.values()) {
      for (const { segment, recordBytes } of messages.values()) {
        const found = segments.find(({ number }) => number === segment)
        if (found !== undefined) found.liveBytes += recordBytes
      }
    }
    const journal = new Journal(folder, segments, failed, limits)
    // A disk that takes no file is told now, and not to the first sender.
    await journal.#handle
    return { journal, queues: replay.queues }
  }

  /** To be called once, before the first change. */
  keep(source: JournalSource): void {
    this.#source = source
    this.#writeHeads()
    this.#cleanWhereNeeded()
  }

  async put(messages: readonly StoredMessage[], seen: readonly SeenId[] = []): Promise<void> {
    const { record, lengths } = putRecord(messages)
    const written = this.#write(record)
    const segment = this.#current()
    messages.forEach((message, index) => {
      this.#release(message)
      message.segment = segment.number
      message.recordBytes = lengths[index] ?? 0
      segment.liveBytes += message.recordBytes
    })
    for (const entry of seen) entry.segment = segment.number
    await written
  }

  async remove(message: StoredMessage): Promise<void> {
    this.#release(message)
    await this.#write(removeRecord(message))
  }

  attempted(message: StoredMessage): void {
    void this.#write(attemptRecord(message))
  }

  forgotten(seen: SeenId): void {
    this.#release(seen)
  }

  async settled(): Promise<void> {
    await this.#commit.write(this.#handle, [])
  }

  /** Ends when everything is on the disk. */
  async close(): Promise<void> {
    await this.#cleaning
    await this.#commit.idle()
    await Promise.all([this.#handle.then((handle) => handle.close()), ...this.#closing])
  }

  #write(record: Buffer): Promise<void> {
    if (this.#current().bytes + record.length > this.#limits.segmentBytesMax) {
      this.#handle = this.#nextSegment()
      this.#writeHeads()
    }
    this.#current().bytes += record.length
    const written = this.#commit.write(this.#handle, [record])
    this.#cleanWhereNeeded()
    return written
  }

  #current(): Segment {
    const segment = this.#segments.at(-1)
    if (segment === undefined) throw new Error('the journal has no file')
    return segment
  }

  async #newSegment(): Promise<FileHandle> {
    const number = (this.#segments.at(-1)?.number ?? 0) + 1
    this.#segments.push({ number, bytes: 0, liveBytes: 0 })
    return await createSegment(this.#folder, number)
  }

  /** The older file is complete on the disk before the newer one exists. */
  async #nextSegment(): Promise<FileHandle> {
    const older = this.#handle
    const written = this.#commit.write(older, [])
    this.#segments.push({ number: this.#current().number + 1, bytes: 0, liveBytes: 0 })
    const { number } = this.#current()
    const made = written.then(async () => await createSegment(this.#folder, number))
    this.#closing.push(
      written.then(async () => {
        await (await older).close()
      }),
    )
    return await made
  }

  #writeHeads(): void {
    const records = [...(this.#source?.heads() ?? [])].map(({ queue, nextSequenceNumber }) =>
      headRecord(queue, nextSequenceNumber),
    )
    this.#current().bytes += records.reduce((sum, { length }) => sum + length, 0)
    void this.#commit.write(this.#handle, records)
  }

  #release(entry: { segment: number; recordBytes: number }): void {
    if (entry.recordBytes === 0) return
    const segment = this.#segments.find(({ number }) => number === entry.segment)
    if (segment !== undefined) segment.liveBytes -= entry.recordBytes
    entry.recordBytes = 0
  }

  #cleanWhereNeeded(): void {
    if (this.#cleaning !== undefined || !this.#isDirty()) return
    // Not at once: cleaning writes too, and must not begin a second time by that.
    this.#cleaning = Promise.resolve().then(async () => {
      await this.#clean()
    })
  }

  #isDirty(): boolean {
    if (this.#segments.length < 2 || this.#source === undefined) return false
    const { cleanFromBytes, segmentsMax } = this.#limits
    const total = this.#totalOf('bytes')
    // Many small files, of many starts.
    if (total <= cleanFromBytes) return this.#segments.length > segmentsMax
    return total > 2 * this.#totalOf('liveBytes')
  }

  #totalOf(what: 'bytes' | 'liveBytes'): number {
    return this.#segments.reduce((sum, segment) => sum + segment[what], 0)
  }

  /** Moves what is alive in the oldest file to the newest one, and removes the oldest: as often as it is needed. */
  async #clean(): Promise<void> {
    try {
      while (this.#isDirty()) {
        const [oldest] = this.#segments
        if (oldest === undefined) return
        await this.#moveFrom(oldest.number)
        this.#segments.shift()
        await removeSegment(this.#folder, oldest.number)
      }
      this.#cleaning = undefined
    } catch (error) {
      this.#failed(error)
    }
  }

  async #moveFrom(number: number): Promise<void> {
    // Collected before anything is written, since writing gives them another file.
    const messages = [...(this.#source?.messages() ?? [])].filter(({ segment }) => segment === number)
    const seen = [...(this.#source?.seen() ?? [])].filter((entry) => entry.seen.segment === number)
    for (let at = 0; at < messages.length;) {
      let bytes = 0
      const start = at
      while (at < messages.length && bytes < MOVED_BYTES_MAX) bytes += messages[at++]?.recordBytes ?? 0
      // One that has gone since the list was made has no record that must be kept.
      await this.put(
        messages.slice(start, at).filter(({ state, recordBytes }) => state !== 'gone' && recordBytes > 0),
      )
    }
    for (const { queue, seen: entry } of seen) {
      const record = seenRecord(queue, entry)
      void this.#write(record)
      this.#release(entry)
      entry.segment = this.#current().number
      entry.recordBytes = record.length
      this.#current().liveBytes += record.length
    }
    await this.settled()
  }
}
