import { PostgresEventStore } from '../../shared/event-store/index.ts'
import type { EventStore } from '../../shared/event-store/index.ts'
import type { Database } from '../../shared/postgres/index.ts'

/** Each append is a transaction of its own. */
export const directStore = (database: Database): EventStore =>
  new PostgresEventStore(database, { coalesce: false })

/** The store as the product uses it: appends that come at the same time share transactions. */
export const coalescingStore = (database: Database): EventStore =>
  new PostgresEventStore(database, { coalesce: true })
