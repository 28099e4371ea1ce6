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
 * Which rows a login reaches. own: only those of the bound tenant. all: every row, whichever tenant is bound.
 * platform: the rows under the nil uuid, which is no tenant's id. kept: the login has the right, but a foreign key
 * protects every row that is in use.
 */
export type Reach = 'own' | 'all' | 'platform' | 'kept'

/** What each login may do to one relation. What is not listed is refused. */
export type RelationAccess = Readonly<Partial<Record<Login, Readonly<Partial<Record<TableVerb, Reach>>>>>>

/**
 * Who may do what to the relations of one owner, by `schema.relation`. A test compares the database with it. The test
 * expects that no login may use a relation that is missing here, so each new relation needs an entry before it is used.
 */
export type TableAccess = Readonly<Record<string, RelationAccess>>

/** For the migrator: all verbs on all rows. */
export const everyRow = {
  select: 'all',
  insert: 'all',
  update: 'all',
  delete: 'all',
  truncate: 'all',
} as const
