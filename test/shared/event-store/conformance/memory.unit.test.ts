import { allSuites, describeEventStore } from './describe-event-store.ts'
import { inMemory } from './fixtures.ts'

describeEventStore('in memory', inMemory, allSuites)
