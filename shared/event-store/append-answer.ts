import { compositeFields } from '../postgres/index.ts'

/** What the append function answers. */
export interface AppendAnswer {
  readonly outcome: string
  /** Of each stream that was named; below 2^53. */
  readonly versions: readonly number[]
  readonly epoch: string
  /** As hexadecimal digits. */
  readonly timeline: string
  readonly xid: string
  /** JSON: the receipt's answer, or the type that the stream has. */
  readonly result: string
}

/** Reads the composite value that the append function returns; members that an outcome does not have are empty. */
export function readAppendAnswer(text: string): AppendAnswer {
  const [outcome, versions, , epoch, timeline, xid, result] = compositeFields(text)
  return {
    outcome: outcome ?? '',
    versions: (versions ?? '{}').slice(1, -1).split(',').map(Number),
    epoch: epoch ?? '',
    timeline: timeline ?? '0',
    xid: xid ?? '0',
    result: result ?? 'null',
  }
}
