import { readLedger } from '../ledger/index.ts'
import type { LedgerEntry } from '../ledger/index.ts'
import { parseCommandId } from '../plan/index.ts'
import type { Command } from '../plan/index.ts'
import type { Breaches } from './breaches.ts'
import { GrowingInts } from './growing-ints.ts'

/** What the ledgers say about a command, as bits. */
export const said = {
  answered: 1,
  refused: 2,
  nothing: 4,
  unknown: 8,
  aborted: 16,
  wrong: 32,
  fresh: 64,
} as const

const IDENTITIES: readonly Command['identity'][] = ['none', 'ids', 'key', 'both']

/**
 * Every command of a run with what the ledgers say about it, in one array of integers: a million commands take some 40
 * MB.
 *
 * At a command's offset stand: said | attempts begun | attempts ended | events seen (one bit for each) | shape. Then
 * for each write: stream, expected, events, answered first version (0: not answered). Then for each condition: stream,
 * expected.
 */
export class CommandBook {
  readonly #ints = new GrowingInts()
  /** For each incarnation: the offset of its n-th command, plus 1. */
  readonly #offsets: GrowingInts[] = []
  readonly #breaches: Breaches

  constructor(breaches: Breaches) {
    this.#breaches = breaches
  }

  /** Reads all ledgers, first all commands: an entry may be about a command that stands in another ledger. */
  static async read(files: readonly string[], breaches: Breaches): Promise<CommandBook> {
    const book = new CommandBook(breaches)
    for (const file of files) {
      for await (const entry of readLedger(file)) if (entry[0] === 'sent') book.#addCommand(entry[1])
    }
    for (const file of files) {
      for await (const entry of readLedger(file)) if (entry[0] !== 'sent') book.#note(entry)
    }
    return book
  }

  /** Undefined for an id that nobody sent. */
  find(id: string): CommandRecord | undefined {
    const { incarnation, nth } = parseCommandId(id)
    const offset = this.#offsets[incarnation]?.get(nth) ?? 0
    return offset === 0 ? undefined : new CommandRecord(this.#ints, offset - 1, id)
  }

  *all(): Generator<CommandRecord> {
    for (const [incarnation, offsets] of this.#offsets.entries()) {
      for (let nth = 0; nth < offsets.length; nth += 1) {
        yield new CommandRecord(this.#ints, offsets.get(nth) - 1, `${incarnation}-${nth}`)
      }
    }
  }

  #addCommand({ id, tenant, writes, conditions, identity, way }: Command): void {
    const { incarnation, nth } = parseCommandId(id)
    while (this.#offsets.length <= incarnation) this.#offsets.push(new GrowingInts())
    this.#offsets[incarnation]?.set(nth, this.#ints.length + 1)
    const shape =
      tenant |
      (writes.length << 8) |
      (conditions.length << 12) |
      (IDENTITIES.indexOf(identity) << 16) |
      (way === 'transaction' ? 1 << 20 : 0)
    this.#ints.push(0, 1, 0, 0, shape)
    for (const { stream, expected, events } of writes) this.#ints.push(stream, expected, events, 0)
    for (const { stream, expected } of conditions) this.#ints.push(stream, expected)
  }

  #note(entry: Exclude<LedgerEntry, readonly ['sent', Command]>): void {
    const command = this.find(entry[1])
    if (command === undefined) {
      this.#breaches.add('wrong-answer', `the ledger speaks of ${entry[1]}, which nobody sent`)
      return
    }
    switch (entry[0]) {
      case 'again':
        command.attempts += 1
        return
      case 'answered':
        this.#noteAnswer(command, entry[2], entry[3])
        break
      case 'wrong':
        this.#breaches.add('wrong-answer', `${entry[1]}: ${entry[2]}`)
        command.say(said.wrong)
        break
      default:
        command.say(said[entry[0]])
    }
    command.ended += 1
  }

  #noteAnswer(command: CommandRecord, firstVersions: readonly number[], isFresh: boolean): void {
    if (isFresh && command.isSaid(said.fresh)) {
      this.#breaches.add('written-twice', `${command.id} was told twice that it was written`)
    }
    firstVersions.forEach((version, index) => {
      const earlier = command.write(index).answered
      if (earlier !== 0 && earlier !== version) {
        this.#breaches.add('answer-differs', `${command.id} was answered version ${earlier}, then ${version}`)
      }
      command.answer(index, version)
    })
    command.say(said.answered | (isFresh ? said.fresh : 0))
  }
}

const HEAD = 5
const WRITE = 4

/** One command of the book. It reads and changes the book's integers. */
export class CommandRecord {
  readonly id: string
  readonly #ints: GrowingInts
  readonly #offset: number

  constructor(ints: GrowingInts, offset: number, id: string) {
    this.#ints = ints
    this.#offset = offset
    this.id = id
  }

  isSaid(what: number): boolean {
    return (this.#ints.get(this.#offset) & what) !== 0
  }
  say(what: number): void {
    this.#ints.set(this.#offset, this.#ints.get(this.#offset) | what)
  }
  get attempts(): number {
    return this.#ints.get(this.#offset + 1)
  }
  set attempts(count: number) {
    this.#ints.set(this.#offset + 1, count)
  }
  get ended(): number {
    return this.#ints.get(this.#offset + 2)
  }
  set ended(count: number) {
    this.#ints.set(this.#offset + 2, count)
  }
  /** A bit for each event that is in the log. */
  get seen(): number {
    return this.#ints.get(this.#offset + 3)
  }
  see(event: number): void {
    this.#ints.set(this.#offset + 3, this.seen | (1 << event))
  }
  get tenant(): number {
    return this.#shape & 0xff
  }
  get writes(): number {
    return (this.#shape >> 8) & 0xf
  }
  get conditions(): number {
    return (this.#shape >> 12) & 0xf
  }
  get identity(): Command['identity'] {
    return IDENTITIES[(this.#shape >> 16) & 0xf] ?? 'none'
  }
  get isTransaction(): boolean {
    return this.#shape >> 20 === 1
  }
  /** The value of `seen` when all events of the command are in the log. */
  get whole(): number {
    let events = 0
    for (let index = 0; index < this.writes; index += 1) events += this.write(index).events
    return (1 << events) - 1
  }
  write(index: number): { stream: number; expected: number; events: number; answered: number } {
    const at = this.#offset + HEAD + index * WRITE
    const [stream, expected, events, answered] = [0, 1, 2, 3].map((place) => this.#ints.get(at + place))
    return { stream: stream ?? 0, expected: expected ?? 0, events: events ?? 0, answered: answered ?? 0 }
  }
  answer(index: number, firstVersion: number): void {
    this.#ints.set(this.#offset + HEAD + index * WRITE + 3, firstVersion)
  }
  condition(index: number): { stream: number; expected: number } {
    const at = this.#offset + HEAD + this.writes * WRITE + index * 2
    return { stream: this.#ints.get(at), expected: this.#ints.get(at + 1) }
  }

  /** First of the streams that it writes, then of the streams that it has conditions on. */
  expectations(): { stream: number; expected: number }[] {
    return [
      ...Array.from({ length: this.writes }, (_, index) => this.write(index)),
      ...Array.from({ length: this.conditions }, (_, index) => this.condition(index)),
    ]
  }

  get #shape(): number {
    return this.#ints.get(this.#offset + 4)
  }
}
