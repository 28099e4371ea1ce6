import type { EventStore } from '../../shared/event-store/index.ts'
import {
  APPEND_STREAMS,
  bareStatement,
  createAppendTargets,
  createInsertRows,
  insertText,
  makeEvent,
} from '../stage/index.ts'
import type { Arena, PeersContext, Ways, Work } from './arena.ts'
import type { Emmett } from './tools/index.ts'

export interface AppendWorks {
  /** Each call of the work appends `events` events to a stream. */
  direct(events: number): Work
  coalescing(events: number): Work
  bare(events: number): Work
}

/** Appends spread over many streams and tenants. Each way has its own walk through the streams. */
export function appendWorks({ options }: PeersContext, { tenants }: Arena, ways: Ways): AppendWorks {
  const rowsOfBare = createInsertRows(createAppendTargets(tenants, false))
  const ofStore = (store: EventStore): ((events: number) => Work) => {
    // All arms of a store share one walk, so that two callers never append to the same stream at the same time.
    const next = createAppendTargets(tenants, false)
    return (events) => () => {
      const { number, tenant, streamId } = next()
      return store.append(tenant, { streamId, expected: { mode: 'any' }, events: eventsFrom(number, events) })
    }
  }
  return {
    direct: ofStore(ways.direct),
    coalescing: ofStore(ways.coalescing),
    bare: (events) => () =>
      ways.bare.query(
        bareStatement(options.mode, `insert_${events}`, insertText(events), rowsOfBare(events)),
      ),
  }
}

/** Uses as many streams as ours, without an expected version. A conflict would mean that two callers share a stream. */
export function emmettWork(emmett: Emmett, events: number): Work {
  let number = 0
  return async () => {
    number += 1
    const outcome = await emmett.append(`order-${number % APPEND_STREAMS}`, eventsFrom(number, events))
    if (outcome === 'conflict') throw new Error('two appends of emmett met on one stream')
  }
}

export const eventsFrom = (number: number, count: number) =>
  Array.from({ length: count }, (_, index) => makeEvent(number * count + index))
