import { PostgresEventStore, type EventStore } from '../../shared/event-store/index.ts'
import type { Database } from '../../shared/postgres/index.ts'

/** Whether the store can put concurrent appends into one transaction yet. */
const STORE_COALESCES: boolean = false

export const directStore = (database: Database): EventStore => new PostgresEventStore(database)

/** The store that puts concurrent appends together; null while there is none. */
export function coalescingStore(database: Database): EventStore | null {
  if (!STORE_COALESCES) return null
  return Reflect.construct(PostgresEventStore, [database, { coalesce: true }])
}

export const COALESCER_MISSING = 'this checkout has no store that puts appends together'
