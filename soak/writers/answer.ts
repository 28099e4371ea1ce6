import type { WrittenStream } from '../../shared/event-store/index.ts'
import type { Command } from '../plan/index.ts'

export interface Answer {
  /** One for each stream written, in the order of the command. */
  readonly firstVersions: readonly number[]
  /** True: nothing was written, since the log already held this append. */
  readonly replayed: boolean
}

/** An answer that no command of the soak may get. */
export class WrongAnswer extends Error {}

/**
 * Checks an answer against its command: it must name each stream, as many events as were sent, versions without a gap,
 * and the ids that were given.
 * @throws WrongAnswer
 */
export function checkedAnswer(
  command: Command,
  sent: readonly {
    readonly streamId: string
    readonly events: readonly { readonly id?: string | undefined }[]
  }[],
  streams: readonly WrittenStream[],
  replayed: boolean,
): Answer {
  if (streams.length !== sent.length)
    throw new WrongAnswer(`${command.id}: ${streams.length} streams answered`)
  const firstVersions = sent.map(({ streamId, events }, index) => {
    const written = streams[index]
    const isRight =
      written !== undefined &&
      written.streamId === streamId &&
      written.events.length === events.length &&
      written.version === written.firstVersion + events.length - 1 &&
      written.events.every(
        ({ id, version }, offset) =>
          version === written.firstVersion + offset && (events[offset]?.id ?? id) === id,
      )
    if (!isRight) throw new WrongAnswer(`${command.id}: answered ${JSON.stringify(written)} for ${streamId}`)
    return written.firstVersion
  })
  return { firstVersions, replayed }
}
