import { describeEventStore } from './describe-event-store.ts'
import { postgres18 } from './fixtures.ts'
import { postgresSuites } from './postgres-suites.ts'

describeEventStore('PostgreSQL 18', postgres18, postgresSuites)
