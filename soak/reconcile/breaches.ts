/** So many breaches of each kind are described. Further ones are only counted. */
const EXAMPLES_MAX = 5

export const breachKinds = {
  'answer-missing': 'an append was answered and is not in the log',
  'answer-differs': 'an append is in the log with another version than was answered, or two answers differ',
  'written-twice': 'two attempts at one command were both told that they wrote it',
  'refusal-written': 'an append was refused, or told that nothing was written, and is in the log',
  'expected-too-much':
    'a command expected a version that its stream has never reached, so its refusal was not final: a fault of the soak',
  'abort-written': 'an append was rolled back and is in the log',
  'wrong-answer': 'an answer came that no command may get',
  unsettled: 'a command that can be known again was not settled by its retries',
  'event-doubled': 'an event is in the log twice',
  'event-unknown': 'an event is in the log that nobody sent',
  torn: 'a part of an append is in the log, or its events have several transaction ids',
  'not-contiguous': 'versions of a stream do not follow each other in the order of the feed',
  'condition-unmet': 'an append was written though its expectation did not hold at its place in the feed',
  'head-differs': 'the head of a stream is not at its last version',
  'receipt-differs': 'a receipt is missing, or stands for an append that is not in the log',
  'row-differs': 'a row of a domain is there without the events that came with it, or they without the row',
  'reader-skipped': 'a reader did not see an event of its scope',
  'reader-doubled': 'a reader saw an event twice, or one that is not in its scope',
  'reader-inverted': 'a reader saw a later version of a stream before an earlier one',
  'reader-reordered': 'a reader saw the events in another order than that of the log',
} as const

export type BreachKind = keyof typeof breachKinds

/** The breaches that the reconciliation has found. */
export class Breaches {
  readonly #found = new Map<BreachKind, { count: number; readonly examples: string[] }>()

  add(kind: BreachKind, example: string, count = 1): void {
    const known = this.#found.get(kind) ?? { count: 0, examples: [] }
    known.count += count
    if (known.examples.length < EXAMPLES_MAX) known.examples.push(example)
    this.#found.set(kind, known)
  }

  get total(): number {
    return [...this.#found.values()].reduce((sum, { count }) => sum + count, 0)
  }

  list(): { kind: BreachKind; meaning: string; count: number; examples: readonly string[] }[] {
    return [...this.#found].map(([kind, found]) => ({ kind, meaning: breachKinds[kind], ...found }))
  }
}
