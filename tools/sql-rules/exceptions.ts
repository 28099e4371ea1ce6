/** A rule that a text may break, and why. An exception that is not used is itself reported as a violation. */
export interface SqlException {
  /** As `SqlSource.name`. */
  readonly source: string
  readonly table: string
  readonly reason: string
}

/** Tables that SQL of another owner may use directly. */
export const wallExceptions: readonly SqlException[] = [
  ...['event-store/write_receipt', 'event-store/append_batch'].map((source) => ({
    source,
    table: 'trickle_commands_log.receipts',
    reason:
      'the receipt of an append is a part of the append: it is written with it or not at all; a second function, of the owner of the receipts, would cost an append with a key 2 % more',
  })),
  ...['trickle_platform_migrations.migrations', 'trickle_platform_migrations.functions'].map((table) => ({
    source: 'functions/health/database-behind.ts',
    table,
    reason:
      'ready compares the record with its manifest; the package holds nothing of database/, which owns it',
  })),
]

/** Tables that hold only where a tenant's rows are, or who the tenant is. Each with its reason. */
export const tablesOfAllTenants: Readonly<Record<string, string>> = {
  'trickle_tenants_state.tenants': 'the tenants themselves, found by their names',
  'trickle_tenants_state.tenant_names': 'the names of all tenants, of which each is one among all',
  'trickle_subscriptions_state.lanes': 'checkpoints within a subscription of all tenants',
  'trickle_subscriptions_state.tenant_progress': 'how far a projection of all tenants has come with each',
  'trickle_subscriptions_state.parked': 'references of a subscription of all tenants; no content',
}

/** Statements on tenants' tables that name no tenant, since they work for all tenants. */
export const tenantExceptions: readonly SqlException[] = [
  ['event-store/read_feed', 'the feed of all tenants, for the forwarder'],
  ['event-store/read_feed_part', 'the feed of all tenants, shared among the members of a group'],
  [
    'event-store/event_headers_after',
    'counts what a subscription of all tenants has not handled; no content',
  ],
  ['event-store/feed_status', 'what of the log of all tenants can be read yet; no content'],
  ['event-store/epoch_point', 'where in the feed of all tenants an epoch begins; no content'],
].map(([source = '', reason = '']) => ({ source, table: 'trickle_events_log.events', reason }))
