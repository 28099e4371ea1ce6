import { TrickleError } from '../../errors/index.ts'
import type { ReservedName, StreamWrite } from '../types.ts'

const keyOf = ({ set, value }: ReservedName): string => JSON.stringify([set, value])

/**
 * Who holds which name after an append: all of its releases come before its first reservation, so that a name can go
 * from one stream to another at once. Nothing is changed here; the caller keeps the answer when nothing else is wrong.
 * @throws TrickleError NAME_NOT_HELD, NAME_TAKEN.
 */
export function holdersAfter(
  holders: ReadonlyMap<string, string>,
  writes: readonly StreamWrite[],
): Map<string, string> {
  const after = new Map(holders)
  for (const { streamId, releases = [] } of writes) {
    for (const name of releases) {
      if (after.get(keyOf(name)) !== streamId) throw nameNotHeld(streamId, name)
      after.delete(keyOf(name))
    }
  }
  for (const { streamId, reservations = [] } of writes) {
    for (const name of reservations) {
      const holder = after.get(keyOf(name)) ?? streamId
      if (holder !== streamId) throw nameTaken(holder, name)
      after.set(keyOf(name), streamId)
    }
  }
  return after
}

const nameTaken = (holder: string, { set, value }: ReservedName): TrickleError =>
  new TrickleError(
    'NAME_TAKEN',
    `The name "${value}" of the set "${set}" is held by the stream ${holder}. Nothing was written.`,
    { extensions: { set, value, streamId: holder } },
  )

const nameNotHeld = (streamId: string, { set, value }: ReservedName): TrickleError =>
  new TrickleError(
    'NAME_NOT_HELD',
    `The stream ${streamId} does not hold the name "${value}" of the set "${set}". Nothing was written.`,
    { extensions: { set, value, streamId } },
  )
