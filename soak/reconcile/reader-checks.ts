import type { StreamSpace } from '../plan/index.ts'
import { SEEN_BYTES } from '../readers/index.ts'
import type { Scope } from '../readers/index.ts'
import type { Breaches } from './breaches.ts'
import { forEachRecord } from './records.ts'
import { REFERENCE_BYTES } from './table-scan.ts'
import type { ScannedLog } from './table-scan.ts'

export interface ReaderFindings {
  readonly name: string
  /** Events of its scope that are in the log. */
  readonly expected: number
  readonly seen: number
  readonly skipped: number
  /** Events that were seen twice, are not in its scope, or are not in the log. */
  readonly doubled: number
  /** Events seen after a later version of their stream. */
  readonly inverted: number
  /** Events seen after an event that follows them in the log. */
  readonly reordered: number
}

/** The log in arrays. Each event has a place in them: `first[stream] + version - 1`. */
export class Reference {
  readonly #space: StreamSpace
  readonly #types: readonly string[]
  readonly #first: Int32Array
  readonly #versions: Int32Array
  /** Where each event stands in the order of the feed, from 1; 0: no event at this place. */
  readonly #rank: Int32Array
  readonly #typeOf: Uint8Array
  /** 1 for the streams of the first member of a subscription with two members. */
  readonly #isOfMember: Uint8Array

  constructor(
    space: StreamSpace,
    types: readonly string[],
    { versions, events, file }: ScannedLog,
    isOfMember: Uint8Array,
  ) {
    this.#isOfMember = isOfMember
    this.#space = space
    this.#types = types
    this.#versions = versions
    this.#first = new Int32Array(versions.length)
    let places = 0
    versions.forEach((version, stream) => {
      this.#first[stream] = places
      places += version
    })
    this.#rank = new Int32Array(Math.max(places, events))
    this.#typeOf = new Uint8Array(this.#rank.length)
    let rank = 0
    forEachRecord(file, REFERENCE_BYTES, (bytes, offset) => {
      const place = this.#placeAt(bytes, offset)
      rank += 1
      this.#rank[place] = rank
      this.#typeOf[place] = bytes.readUInt8(offset + SEEN_BYTES)
    })
  }

  /** How many events a scope has. */
  count(scope: Scope): number {
    let count = 0
    this.#versions.forEach((version, stream) => {
      const first = this.#first[stream] ?? 0
      for (let place = first; place < first + version; place += 1)
        if (this.#isIn(scope, stream, place)) count += 1
    })
    return count
  }

  /** Checks that a reader's log holds every event of its scope once, in the order of the log and of its stream. */
  check(name: string, scope: Scope, file: string, breaches: Breaches): ReaderFindings {
    const seenPlaces = new Uint8Array(this.#rank.length)
    const highest = new Int32Array(this.#versions.length)
    const found = { seen: 0, doubled: 0, inverted: 0, reordered: 0, distinct: 0 }
    let lastRank = 0
    forEachRecord(file, SEEN_BYTES, (bytes, offset) => {
      found.seen += 1
      const place = this.#placeAt(bytes, offset)
      const stream = bytes.readUInt32LE(offset)
      if (place < 0 || !this.#isIn(scope, stream, place) || seenPlaces[place] === 1) {
        found.doubled += 1
        return
      }
      seenPlaces[place] = 1
      found.distinct += 1
      const version = bytes.readUInt32LE(offset + 4)
      if (version < (highest[stream] ?? 0)) found.inverted += 1
      highest[stream] = Math.max(highest[stream] ?? 0, version)
      const rank = this.#rank[place] ?? 0
      if (rank < lastRank) found.reordered += 1
      lastRank = Math.max(lastRank, rank)
    })
    const expected = this.count(scope)
    const { distinct, ...counts } = found
    const findings = { name, expected, skipped: expected - distinct, ...counts }
    if (findings.skipped > 0) breaches.add('reader-skipped', `${name}: ${findings.skipped}`, findings.skipped)
    if (findings.doubled > 0) breaches.add('reader-doubled', `${name}: ${findings.doubled}`, findings.doubled)
    if (findings.inverted > 0)
      breaches.add('reader-inverted', `${name}: ${findings.inverted}`, findings.inverted)
    if (findings.reordered > 0)
      breaches.add('reader-reordered', `${name}: ${findings.reordered}`, findings.reordered)
    return findings
  }

  /** -1 for an event that is not in the log. */
  #placeAt(bytes: Buffer, offset: number): number {
    const stream = bytes.readUInt32LE(offset)
    const version = bytes.readUInt32LE(offset + 4)
    const last = this.#versions[stream] ?? 0
    return version < 1 || version > last ? -1 : (this.#first[stream] ?? 0) + version - 1
  }

  #isIn({ tenant, types, isOfMember }: Scope, stream: number, place: number): boolean {
    return (
      this.#rank[place] !== 0 &&
      (tenant === null || Math.floor(stream / this.#space.streamsPerTenant) === tenant) &&
      (types === null || types.includes(this.#types[this.#typeOf[place] ?? 0] ?? '')) &&
      (!isOfMember || this.#isOfMember[stream] === 1)
    )
  }
}
