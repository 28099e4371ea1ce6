import { describeEventStore } from './describe-event-store.ts'
import { postgres17 } from './fixtures.ts'
import { postgresSuites } from './postgres-suites.ts'

describeEventStore('PostgreSQL 17', postgres17, postgresSuites)
