import type { FromReaders, ReaderOrders, ReaderState, ToReaders } from '../readers/index.ts'
import { startChild } from './child.ts'

export interface ReadersProcess {
  /** The last state that each reader has reported. */
  states(): readonly ReaderState[]
  /** Tells each reader how many events it has to see before it ends. */
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
  // The code that awaits `ended` gets the error. An interrupted run awaits it no longer: without this handler the error
  // would end the process as an unhandled rejection.
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
