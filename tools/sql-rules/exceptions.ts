/** A rule that a text may break, and why. One that nothing needs any more is told as a violation itself. */
export interface SqlException {
  /** As `SqlSource.name`. */
  readonly source: string
  readonly table: string
  readonly reason: string
}

/** Tables that are used past the wall of their owner. */
export const wallExceptions: readonly SqlException[] = [
  ...['event-store/append', 'event-store/append_batch'].map((source) => ({
    source,
    table: 'trickle_commands_log.receipts',
    reason:
      'the hot path: a receipt that a function writes costs an append with a key 8 of 337 microseconds more (2 %); what only reads is merged into the statement and costs nothing',
  })),
  ...['trickle_platform_migrations.migrations', 'trickle_platform_migrations.functions'].map((table) => ({
    source: 'functions/health/database-behind.ts',
    table,
    reason:
      'ready compares the record with its manifest; the package holds nothing of database/, which owns it',
  })),
]

/** Tables that say of a tenant's rows only where they are, or who it is; each with the reason. */
export const tablesOfAllTenants: Readonly<Record<string, string>> = {
  'trickle_tenants_state.tenants': 'the tenants themselves, found by their names',
  'trickle_tenants_state.tenant_names': 'the names of all tenants, of which each is one among all',
  'trickle_subscriptions_state.lanes': 'checkpoints within a subscription of all tenants',
  'trickle_subscriptions_state.parked': 'references of a subscription of all tenants; no content',
}

/** Statements on tenants' tables that name no tenant, since they serve all. */
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
