import { allSuites } from './describe-event-store.ts'
import type { SuiteName } from './describe-event-store.ts'

/** Suites of what PostgresEventStore does not do yet. Empty when it does everything that the interface says. */
const awaited: readonly SuiteName[] = []

export const postgresSuites = allSuites.filter((suite) => !awaited.includes(suite))
