import type { Client } from 'pg'
import { EventImporter, PostgresEventStore } from '../../../../shared/event-store/index.ts'
import type { EventStore, ImportLine, ImportOutcome, NewEvent } from '../../../../shared/event-store/index.ts'
import { TenantRegistry } from '../../../../shared/tenancy/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { createDatabase } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'

/** Both importers on a database of the calling file's own. */
export interface ImporterStage {
  readonly database: TestDatabase
  readonly admin: Client
  readonly registry: TenantRegistry
  readonly store: EventStore
  readonly ofTenant: EventImporter
  readonly ofOperator: EventImporter
}

export async function openImporterStage(): Promise<ImporterStage> {
  const database = await createDatabase()
  return {
    database,
    admin: await database.client('admin'),
    registry: new TenantRegistry(database.pool('trickle_operator', 1)),
    store: new PostgresEventStore(database.pool('trickle_app', 10)),
    ofTenant: new EventImporter(database.pool('trickle_app', 5), false),
    ofOperator: new EventImporter(database.pool('trickle_operator', 5), true),
  }
}

export const line = (
  tenant: TenantContext,
  streamId: string,
  id: string,
  overrides: Partial<Omit<NewEvent, 'id'>> = {},
): ImportLine => ({ tenant, streamId, event: { id, type: 'Imported', data: { of: id }, ...overrides } })

export const short = (outcomes: readonly ImportOutcome[]): string[] =>
  outcomes.map((outcome) => (outcome.outcome === 'rejected' ? outcome.code : outcome.outcome))
