/**
 * Tables whose rows belong to no single tenant, each with the reason. Every other table has a `tenant_id` that leads its
 * keys, and policies that compare it with the bound tenant.
 */
export const tenantlessTables: Readonly<Record<string, string>> = {
  'trickle_tenants_state.tenants': 'the tenants themselves; the app sees the one that is bound',
  'trickle_tenants_state.tenant_names':
    'what all tenants are called by; a name is one among all of them, and no login but the owner sees any',
  'trickle_events_log.epochs': 'one life of the whole log a row; says nothing of any tenant',
  'trickle_events_log.seal_keys':
    'what seals the tokens of all tenants; no login but the migrator can read it, and a function hands it to the app',
  'trickle_subscriptions_state.subscriptions':
    'what holds for all members of a subscription; says nothing of any tenant',
  'trickle_subscriptions_state.members':
    'checkpoints in the feed of all tenants; only the worker and the forwarder work on them',
  'trickle_subscriptions_state.lanes':
    'checkpoints of single tenants within a subscription of all; no content, and the app sees none',
  'trickle_subscriptions_state.tenant_progress':
    'how far a projection has come with each tenant; no content, and the app sees none',
  'trickle_subscriptions_state.parked':
    'references to events of all tenants that a subscription set aside; no content, and the app sees none',
  'trickle_analytics_outbox.batches':
    'a batch holds events of many tenants; its row holds their range, not their content',
  'trickle_operations_audit.actions':
    'what operators did; says of a tenant only that it was the one, and no tenant sees it',
  'trickle_messages_state.parked_messages':
    'a message may name no tenant that exists; only the operator reads it, and no tenant sees any',
  'trickle_platform_migrations.applied': "the migration runner's record",
  'trickle_platform_migrations.migrations': 'what was applied, which `ready` compares with the deployed code',
  'trickle_platform_migrations.functions':
    'the texts that each function has had, which `ready` compares with the deployed code',
}

/**
 * Tables with row-level security that is not forced on their owner, because a listed search function must read them as
 * the owner; each with the policy that holds for everybody else. None needs it yet.
 */
export const unforcedTables: Readonly<Record<string, string>> = {}

/** Functions that the app may call although they name no tenant, each with the reason. */
export const tenantlessFunctions: Readonly<Record<string, string>> = {
  'trickle_tenants_state.current_tenant_id()': 'tells the bound tenant to policies',
  'trickle_tenants_state.find_tenant(text,text)':
    'finds the tenant that a verified claim means, before any is bound; gives id, slug, name and status',
  'trickle_events_log.lock_class()': 'a constant',
  'trickle_events_log.event_json(text,text,text,bigint,text,timestamp with time zone,timestamp with time zone,text,integer,text,text,text,jsonb,jsonb)':
    'the JSON of what its caller gives',
  'trickle_events_log.may_fit(jsonb,integer)': 'the size of what its caller gives',
  'trickle_events_log.refuse_outcome(text)': 'an error with the text that its caller gives',
  'trickle_events_log.refuse_rows(bigint,integer,integer)': 'an error with the numbers that its caller gives',
  'trickle_events_log.feed_horizon()': 'a transaction id; says nothing of any tenant',
  'trickle_events_log.current_epoch()': 'the epoch of the whole log',
  'trickle_events_log.seal_keys()':
    'what the app seals and opens the tokens of all tenants with; it says nothing of any of them',
}

/**
 * Functions that serve several tenants in one call, each with the reason. They belong to trickle_writer, whose policies
 * let it see and write the tenants of the call only.
 */
export const batchFunctions: Readonly<Record<string, string>> = {
  'trickle_events_log.append_batch(uuid[],text[],text[],bigint[],integer[],jsonb,text[],text[],text[],bytea[],boolean[],integer[])':
    'appends of several callers in one transaction; each caller was let in for its own tenant before',
}

/** Settings that a function may read. What is not here could be a second, unchecked way to name a tenant. */
export const READABLE_SETTINGS: readonly string[] = ['app.tenant_id', 'transaction_isolation']
