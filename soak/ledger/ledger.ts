import { closeSync, createReadStream, existsSync, openSync, writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Command } from '../plan/index.ts'

/**
 * What a writer says about a command. Each attempt has an entry before it (`sent` for the first, `again` for later
 * ones) and an entry after it. If the second is missing, the attempt was under way when its process was killed.
 */
export type LedgerEntry =
  | readonly ['sent', Command]
  | readonly ['again', string]
  /** First version of each stream written, and whether this attempt wrote them (false: an earlier attempt did). */
  | readonly ['answered', string, readonly number[], boolean]
  /** The answer: a stream did not have the expected version. */
  | readonly ['refused', string]
  /** The answer: nothing was written. */
  | readonly ['nothing', string]
  /** The answer: it is not known whether something was written. */
  | readonly ['unknown', string]
  /** Rolled back by the writer itself, or lost before COMMIT was sent. */
  | readonly ['aborted', string]
  /** An answer that must never come. */
  | readonly ['wrong', string, string]

/** Ends every complete line. When a process is killed, the kernel may stop its write at a page's end, within a line. */
const END = ';'

/** The ledger of one writer process: one line for each entry. The kernel has the line before `write` returns. */
export class Ledger {
  readonly #file: number

  constructor(path: string) {
    this.#file = openSync(path, 'a')
  }

  /** Synchronous: the entry must be recorded before the command is sent. A SIGKILL would lose what a buffer holds. */
  write(entry: LedgerEntry): void {
    writeSync(this.#file, `${JSON.stringify(entry)}${END}\n`)
  }

  close(): void {
    closeSync(this.#file)
  }
}

/** All entries in their order, without a last line that a kill has cut off: the writer never acted on that line. */
export async function* readLedger(path: string): AsyncGenerator<LedgerEntry> {
  // The writer was killed before it opened its ledger, so it has sent nothing.
  if (!existsSync(path)) return
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })
  for await (const line of lines) {
    if (line.endsWith(END)) yield JSON.parse(line.slice(0, -END.length)) as LedgerEntry
  }
}
