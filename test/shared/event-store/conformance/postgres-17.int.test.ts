import { describe } from 'vitest'
import { hasPostgres17, requirePostgres17 } from '../../../support/postgres-17.ts'
import { describeEventStore } from './describe-event-store.ts'
import { postgres17 } from './fixtures.ts'
import { postgresSuites } from './postgres-suites.ts'

requirePostgres17()

describe.runIf(hasPostgres17())('with it', () => {
  describeEventStore('PostgreSQL 17', postgres17, postgresSuites)
})
