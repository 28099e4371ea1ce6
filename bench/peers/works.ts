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
  /** Each call appends so many events to some stream. */
  direct(events: number): Work
  coalescing(events: number): Work
  bare(events: number): Work
}

/** Appends spread over many streams and tenants, each way with streams that only it walks through. */
export function appendWorks({ options }: PeersContext, { tenants }: Arena, ways: Ways): AppendWorks {
  const rowsOfBare = createInsertRows(createAppendTargets(tenants, false))
  const ofStore = (store: EventStore): ((events: number) => Work) => {
    // One walk for all of a store's arms: two callers then never meet on one stream.
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

/** Over as many streams as ours, without an expected version; a conflict would mean that two callers met. */
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
