import { closeSync, createReadStream, existsSync, openSync, writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Command } from '../plan/index.ts'

/**
 * What a writer says of a command. Each attempt has one entry before (`sent` the first time, `again` later) and one after
 * it; an attempt without the second was under way when its process was killed.
 */
export type LedgerEntry =
  | readonly ['sent', Command]
  | readonly ['again', string]
  /** First version of each stream written, and whether this attempt wrote them (and found no earlier one). */
  | readonly ['answered', string, readonly number[], boolean]
  /** Told that the expected version was not there. */
  | readonly ['refused', string]
  /** Told that nothing was written. */
  | readonly ['nothing', string]
  /** Told that it is not known. */
  | readonly ['unknown', string]
  /** Rolled back by the writer itself, or lost before COMMIT was sent. */
  | readonly ['aborted', string]
  /** An answer that must never come. */
  | readonly ['wrong', string, string]

/** Marks a whole line: the kernel may stop a write at the end of a page when its process is killed. */
const END = ';'

/** The ledger of one life of a writer process: a line an entry, in the kernel's hands before the call returns. */
export class Ledger {
  readonly #file: number

  constructor(path: string) {
    this.#file = openSync(path, 'a')
  }

  /** Synchronous: what is sent must be on record first, and a SIGKILL takes no buffer of ours along. */
  write(entry: LedgerEntry): void {
    writeSync(this.#file, `${JSON.stringify(entry)}${END}\n`)
  }

  close(): void {
    closeSync(this.#file)
  }
}

/** All entries in their order. A last line that a kill has cut off was never acted upon and is left out. */
export async function* readLedger(path: string): AsyncGenerator<LedgerEntry> {
  // A writer that was killed before it came to open its ledger has sent nothing.
  if (!existsSync(path)) return
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })
  for await (const line of lines) {
    if (line.endsWith(END)) yield JSON.parse(line.slice(0, -END.length)) as LedgerEntry
  }
}
