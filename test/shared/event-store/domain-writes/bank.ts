import type { DomainWrites, EventStore } from '../../../../shared/event-store/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import type { TestDatabase } from '../../../support/database.ts'

/** What the suites work with. */
export interface Bank {
  readonly database: TestDatabase
  readonly writes: DomainWrites
  readonly store: EventStore
  readonly acme: TenantContext
  readonly other: TenantContext
}
