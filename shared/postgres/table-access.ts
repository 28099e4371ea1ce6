/** The logins of the product; database/roles.sql makes them. */
export const LOGINS = [
  'trickle_app',
  'trickle_worker',
  'trickle_forwarder',
  'trickle_operator',
  'trickle_migrator',
] as const
export type Login = (typeof LOGINS)[number]

export const TABLE_VERBS = ['select', 'insert', 'update', 'delete', 'truncate'] as const
export type TableVerb = (typeof TABLE_VERBS)[number]

/**
 * Whose rows a login reaches. own: those of the bound tenant and no others. all: every row, whichever tenant is bound.
 * platform: the rows under the nil uuid, which no tenant has. kept: the login has the right, and a foreign key keeps
 * every row that is in use.
 */
export type Reach = 'own' | 'all' | 'platform' | 'kept'

/** What each login may do to one relation. What is not named is refused. */
export type RelationAccess = Readonly<Partial<Record<Login, Readonly<Partial<Record<TableVerb, Reach>>>>>>

/**
 * Who may do what to the relations of one owner, by `schema.relation`. A test holds the database to it: a relation that
 * is in no table is refused to everybody, so a new one is of no use until somebody has thought about it.
 */
export type TableAccess = Readonly<Record<string, RelationAccess>>

/** For the owner's own bookkeeping, which the migrator keeps. */
export const everyRow = {
  select: 'all',
  insert: 'all',
  update: 'all',
  delete: 'all',
  truncate: 'all',
} as const
