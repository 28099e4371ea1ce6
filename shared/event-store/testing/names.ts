import type { ReservedName, StreamWrite } from '../types.ts'

/** The stream that holds each name. */
export type Holders = ReadonlyMap<string, string>

/** A name for which an append is refused, and the stream of the append that names it. */
export interface NameInTheWay extends ReservedName {
  readonly outcome: 'name_taken' | 'name_not_held'
  /** Number of the stream, from 1. */
  readonly at: number
  readonly holder: string | null
}

/**
 * Returns which stream holds which name after an append; changes nothing itself. All releases come before the first
 * reservation, so that a name can move from one stream to another in one append.
 */
export function holdersAfter(holders: Holders, writes: readonly StreamWrite[]): Holders | NameInTheWay {
  const after = new Map(holders)
  const released = writes.flatMap(({ streamId, releases = [] }) =>
    releases.map((name) => JSON.stringify([streamId, keyOf(name)])),
  )
  for (const [index, { streamId, releases = [], reservations = [] }] of writes.entries()) {
    for (const { set, value } of releases) {
      const holder = holders.get(keyOf({ set, value })) ?? null
      if (holder !== streamId) return { outcome: 'name_not_held', at: index + 1, set, value, holder }
      after.delete(keyOf({ set, value }))
    }
    for (const { set, value } of reservations) {
      const holder = holders.get(keyOf({ set, value })) ?? streamId
      const isFree = holder === streamId || released.includes(JSON.stringify([holder, keyOf({ set, value })]))
      if (!isFree) return { outcome: 'name_taken', at: index + 1, set, value, holder }
    }
  }
  for (const { streamId, reservations = [] } of writes) {
    for (const name of reservations) after.set(keyOf(name), streamId)
  }
  return after
}

const keyOf = ({ set, value }: ReservedName): string => JSON.stringify([set, value])
