export const verbs = ['select', 'insert', 'update', 'delete', 'truncate'] as const
export type Verb = (typeof verbs)[number]

export const logins = ['trickle_app', 'trickle_forwarder', 'trickle_operator', 'trickle_migrator'] as const
export type Login = (typeof logins)[number]

/**
 * own: the rows of the bound tenant and no others. all: every row, whichever tenant is bound. platform: the rows under
 * the nil uuid, which no tenant has. kept: the login has the right, and a foreign key keeps every row that is in use.
 */
type Access = 'own' | 'all' | 'platform' | 'kept'
type Grants = Readonly<Partial<Record<Login, Readonly<Partial<Record<Verb, Access>>>>>>

const everything = { select: 'all', insert: 'all', update: 'all', delete: 'all', truncate: 'all' } as const

/**
 * Who may do what to which relation. What is not here is refused, so a new table, partition or view is refused to
 * everybody until somebody has thought about it; a partition is never worked on by its own name.
 */
const access: Readonly<Record<string, Grants>> = {
  // The operator may see some columns of every event: where it stands and not what it says.
  'trickle_events_log.events': {
    trickle_app: { select: 'own' },
    trickle_forwarder: { select: 'all' },
    trickle_migrator: { select: 'own', insert: 'own' },
  },
  'trickle_events_log.streams': {
    trickle_app: { select: 'own' },
    trickle_forwarder: { select: 'all' },
    trickle_migrator: { select: 'own', insert: 'own', update: 'own' },
  },
  'trickle_events_log.names': {
    trickle_app: { select: 'own' },
    trickle_migrator: { select: 'own', insert: 'own', delete: 'own' },
  },
  'trickle_commands_log.receipts': {
    trickle_app: { select: 'own' },
    trickle_operator: { select: 'platform', insert: 'platform' },
    trickle_migrator: { select: 'own', insert: 'own' },
  },
  'trickle_events_log.epochs': {
    trickle_app: { select: 'all' },
    trickle_forwarder: { select: 'all' },
    trickle_operator: { select: 'all' },
    trickle_migrator: { select: 'all', insert: 'all' },
  },
  // The app gets the keys by a function. Operators see which there are, by another one, and no secret.
  'trickle_events_log.seal_keys': {
    trickle_migrator: { select: 'all', insert: 'all', delete: 'all' },
  },
  'trickle_tenants_state.tenants': {
    trickle_app: { select: 'own' },
    trickle_operator: { select: 'all', update: 'all' },
    trickle_migrator: { select: 'all', insert: 'all', update: 'all' },
  },
  'trickle_tenants_state.tenant_names': {
    trickle_migrator: { select: 'all', insert: 'all', update: 'all', delete: 'kept' },
  },
  'trickle_subscriptions_state.subscriptions': {
    trickle_forwarder: { select: 'all' },
    trickle_operator: { select: 'all' },
    trickle_migrator: everything,
  },
  'trickle_subscriptions_state.members': {
    trickle_forwarder: { select: 'all' },
    trickle_operator: { select: 'all' },
    trickle_migrator: everything,
  },
  'trickle_subscriptions_state.lanes': {
    trickle_forwarder: { select: 'all' },
    trickle_operator: { select: 'all' },
    trickle_migrator: everything,
  },
  'trickle_subscriptions_state.parked': {
    trickle_forwarder: { select: 'all' },
    trickle_operator: { select: 'all' },
    trickle_migrator: everything,
  },
  'trickle_analytics_outbox.batches': {
    trickle_forwarder: { select: 'all' },
    trickle_operator: { select: 'all' },
    trickle_migrator: everything,
  },
  // The operator may add rows, by the columns that are its to write and not by a whole row: see test/shared/audit.
  'trickle_operations_audit.actions': { trickle_operator: { select: 'all' } },
  'trickle_platform_migrations.applied': { trickle_migrator: everything },
  'trickle_platform_migrations.migrations': {
    trickle_app: { select: 'all' },
    trickle_forwarder: { select: 'all' },
    trickle_operator: { select: 'all' },
    trickle_migrator: everything,
  },
  'trickle_platform_migrations.functions': {
    trickle_app: { select: 'all' },
    trickle_forwarder: { select: 'all' },
    trickle_operator: { select: 'all' },
    trickle_migrator: everything,
  },
}

export const namedRelations: readonly string[] = Object.keys(access)

export const accessOf = (relation: string, login: Login, verb: Verb): Access | 'refused' =>
  access[relation]?.[login]?.[verb] ?? 'refused'
