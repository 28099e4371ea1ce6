import { describeEventStore } from './describe-event-store.ts'
import { postgresInACrowd } from './fixtures.ts'
import { postgresSuites } from './postgres-suites.ts'

describeEventStore('PostgreSQL 18, every append amid others', postgresInACrowd, postgresSuites)
