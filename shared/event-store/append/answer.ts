import { compositeFields } from '../../postgres/index.ts'

/** What the append function answers. */
export interface AppendAnswer {
  readonly outcome: string
  /** Of each stream that was named; below 2^53. */
  readonly versions: readonly number[]
  /** Number of the stream that stands in the way, 1 first; 0 when none does. */
  readonly at: number
  readonly epoch: string
  /** As hexadecimal digits. */
  readonly timeline: string
  readonly xid: string
  /** JSON: the receipt's answer, the type that the stream has, or the name that stands in the way. */
  readonly result: string
}

/** Reads the composite value that the append function returns; members that an outcome does not have are empty. */
export function readAppendAnswer(text: string): AppendAnswer {
  const [outcome, versions, at, epoch, timeline, xid, result] = compositeFields(text)
  return {
    outcome: outcome ?? '',
    versions: numbersOf(versions),
    at: Number(at ?? '0'),
    epoch: epoch ?? '',
    timeline: timeline ?? '0',
    xid: xid ?? '0',
    result: result ?? 'null',
  }
}

/**
 * The answers to the appends of a batch, in their order; null for one that has to be made alone.
 * @param text outcomes, versions, epoch, timeline, xid, as append_batch returns them.
 */
export function readBatchAnswer(text: string): (AppendAnswer | null)[] {
  const [outcomes, versions, epoch, timeline, xid] = compositeFields(text)
  const counted = numbersOf(versions)
  return wordsOf(outcomes).map((outcome, index) =>
    outcome === 'alone'
      ? null
      : {
          outcome,
          versions: [counted[index] ?? 0],
          at: outcome === 'conflict' ? 1 : 0,
          epoch: epoch ?? '',
          timeline: timeline ?? '0',
          xid: xid ?? '0',
          result: 'null',
        },
  )
}

/** The words of an array of ours need no quotes. */
const wordsOf = (array: string | null | undefined): string[] => (array ?? '{}').slice(1, -1).split(',')
const numbersOf = (array: string | null | undefined): number[] => wordsOf(array).map(Number)
