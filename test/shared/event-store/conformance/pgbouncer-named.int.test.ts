import { describe } from 'vitest'
import { hasPgBouncer, requirePgBouncer } from '../../../support/pgbouncer.ts'
import { describeEventStore } from './describe-event-store.ts'
import { postgresNamedBehindPgBouncer } from './fixtures.ts'
import { postgresSuites } from './postgres-suites.ts'

requirePgBouncer('keeps-track')

describe.runIf(hasPgBouncer('keeps-track'))('with it', () => {
  describeEventStore(
    'PostgreSQL 18 with named statements behind PgBouncer in transaction mode',
    postgresNamedBehindPgBouncer,
    postgresSuites,
  )
})
