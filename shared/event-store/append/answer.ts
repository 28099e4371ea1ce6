import {
  arrayOf,
  columns,
  composite,
  integer,
  orElse,
  text,
  type RowOf,
  type ValueOf,
} from '../../postgres/index.ts'

/** The fields of the append function's answer, in their order; members that an outcome does not have are empty. */
const ANSWER = composite({
  outcome: text,
  /** Of each stream that was named; below 2^53. */
  versions: orElse(arrayOf(integer), []),
  /** Number of the stream that stands in the way, 1 first; 0 when none does. */
  at: orElse(integer, 0),
  epoch: orElse(text, ''),
  /** As hexadecimal digits. */
  timeline: orElse(text, '0'),
  xid: orElse(text, '0'),
  /** JSON: the receipt's answer, the type that the stream has, or the name that stands in the way. */
  result: orElse(text, 'null'),
})

/** What the append function answers. */
export type AppendAnswer = ValueOf<typeof ANSWER>

/** The answer as an error's detail holds it. */
export const answerOfText = (printed: string): AppendAnswer => ANSWER.read(printed)

export const APPENDED = columns({ answer: ANSWER })

/** The answers to the appends of a batch, in their order. What was not written has no version. */
export const BATCH_APPENDED = columns({
  answer: composite({
    outcomes: arrayOf(text),
    versions: orElse(arrayOf(orElse(integer, 0)), []),
    epoch: orElse(text, ''),
    timeline: orElse(text, '0'),
    xid: orElse(text, '0'),
  }),
})

export type BatchAnswer = RowOf<typeof BATCH_APPENDED>['answer']

/** The answer to each append of a batch; null for one that has to be made alone. */
export function answersOfBatch({
  outcomes,
  versions,
  epoch,
  timeline,
  xid,
}: BatchAnswer): (AppendAnswer | null)[] {
  return outcomes.map((outcome, index) =>
    outcome === 'alone'
      ? null
      : {
          outcome,
          versions: [versions[index] ?? 0],
          at: outcome === 'conflict' ? 1 : 0,
          epoch,
          timeline,
          xid,
          result: 'null',
        },
  )
}
