import { z } from 'zod'
import type { Outcome } from './entry.ts'

/** What became of the entries of a file; `read` is the sum of the others. */
export const countsSchema = z.object({
  read: z.int(),
  appended: z.int(),
  duplicates: z.int(),
  rejected: z.int(),
  skipped: z.int(),
})

export type Counts = Readonly<z.infer<typeof countsSchema>>

export const noCounts: Counts = { read: 0, appended: 0, duplicates: 0, rejected: 0, skipped: 0 }

const memberOf: Readonly<Record<Outcome['outcome'], Exclude<keyof Counts, 'read'>>> = {
  appended: 'appended',
  duplicate: 'duplicates',
  rejected: 'rejected',
  skipped: 'skipped',
}

/** Counts each entry under its outcome; `read` can't drift from the others, since it is their sum. */
export class Tally {
  readonly #counts: Record<Exclude<keyof Counts, 'read'>, number>

  /** @param before what earlier runs on the same file have counted */
  constructor(before: Counts = noCounts) {
    const { appended, duplicates, rejected, skipped } = before
    this.#counts = { appended, duplicates, rejected, skipped }
  }

  add(outcome: Outcome['outcome']): void {
    this.#counts[memberOf[outcome]] += 1
  }

  get counts(): Counts {
    const { appended, duplicates, rejected, skipped } = this.#counts
    return { read: appended + duplicates + rejected + skipped, appended, duplicates, rejected, skipped }
  }
}
