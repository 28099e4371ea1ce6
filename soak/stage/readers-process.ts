import type { FromReaders, ReaderOrders, ReaderState, ToReaders } from '../readers/index.ts'
import { startChild } from './child.ts'

export interface ReadersProcess {
  /** What they have told last. */
  states(): readonly ReaderState[]
  /** How many events each has to see before it ends. */
  until(counts: readonly number[]): void
  /** Rejects when the process fails. */
  readonly ended: Promise<void>
  kill(): Promise<void>
}

export function startReaders(orders: ReaderOrders): ReadersProcess {
  let states: readonly ReaderState[] = []
  let isKilled = false
  const child = startChild<ToReaders>('soak/readers/main.ts', (message) => {
    states = (message as FromReaders).readers
  })
  child.send({ type: 'start', orders })
  const ended = child.ended.then((code) => {
    if (code !== 0 && !isKilled) throw new Error(`the readers ended with ${String(code)}`)
  })
  // The code that waits for it is told; a run that is broken off does not wait any more.
  ended.catch(() => {})
  return {
    states: () => states,
    until: (counts) => child.send({ type: 'until', counts }),
    ended,
    async kill() {
      isKilled = true
      child.kill()
      await child.ended
    },
  }
}
