import { describe } from 'vitest'
import { hasPgBouncer, requirePgBouncer } from '../../../support/pgbouncer.ts'
import { describeEventStore } from './describe-event-store.ts'
import { postgresBehindPgBouncer } from './fixtures.ts'
import { postgresSuites } from './postgres-suites.ts'

requirePgBouncer()

describe.runIf(hasPgBouncer())('with it', () => {
  describeEventStore(
    'PostgreSQL 18 behind PgBouncer in transaction mode',
    postgresBehindPgBouncer,
    postgresSuites,
  )
})
