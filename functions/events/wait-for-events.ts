import { nextPauseMs, pause } from './pause.ts'
import type { Permits } from './permits.ts'
import { readLimits } from './read-limits.ts'

/** A page and where the next look begins; null where nothing more can come. */
export interface Look<P, C> {
  readonly page: P
  readonly isEmpty: boolean
  readonly next: C | null
}

export interface Waiting<P, C> {
  /** One page after `cursor`. */
  readonly look: (cursor: C) => Promise<Look<P, C>>
  readonly from: C
  readonly endsAtMs: number
  /** Fires when the client has disconnected or the time of the request is over. */
  readonly signal: AbortSignal
  readonly permits: Permits
  /** The permit counts to the share of this holder. */
  readonly holder: string
  /** @throws when the caller may not go on reading. */
  readonly checkAgain: () => Promise<void>
}

/**
 * Looks until there is an event, the time is over, or the client has disconnected; gives the last page that was read.
 * Where only the cursor went on (a filter passed over what there was) it looks again at once.
 * @returns `hasPermit` false where the first look found nothing and as many as may wait are waiting already.
 * @throws TrickleError TENANT_SHARE_HELD where the first look found nothing and the holder has its share of the permits.
 */
export async function waitForEvents<P, C extends string | number | undefined>(
  waiting: Waiting<P, C>,
): Promise<{ page: P; hasPermit: boolean }> {
  const { look, signal, endsAtMs, permits, holder, checkAgain } = waiting
  let cursor = waiting.from
  let found = await look(cursor)
  const isOver = (): boolean =>
    !found.isEmpty || found.next === null || signal.aborted || Date.now() >= endsAtMs
  if (isOver()) return { page: found.page, hasPermit: true }
  const taken = permits.take(holder)
  if (taken === 'all taken') return { page: found.page, hasPermit: false }
  if (taken === 'share held') throw permits.shareHeld()
  try {
    let pauseMs: number = readLimits.pauseMsMin
    while (!isOver()) {
      if (found.next === cursor) {
        await pause(Math.min(pauseMs, Math.max(endsAtMs - Date.now(), 0)), signal)
        pauseMs = nextPauseMs(pauseMs)
        if (signal.aborted) break
      }
      await checkAgain()
      cursor = found.next ?? cursor
      found = await look(cursor)
    }
    return { page: found.page, hasPermit: true }
  } finally {
    taken()
  }
}
