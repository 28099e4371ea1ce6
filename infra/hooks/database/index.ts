/**
 * What the hooks do on the PostgreSQL server, step by step, over SQL on port 5432.
 *
 * Invariants: each step asks first and changes only what differs; what belongs together is one transaction; a role's
 * identity is its object id, never a name. No step needs a superuser: an Entra administrator has CREATEROLE and CREATEDB
 * and is a member of azure_pg_admin, no more.
 */
export { userOf, type DatabaseServer, type ServerFacts } from './database-server.ts'
export { whenReady } from './server.ts'
export { restartServers, type ServerRestart } from './restart.ts'
export { prepareRoles, type Identity } from './roles.ts'
export { entraPrincipals, securityLabel, standInLabel, type LabelWriter } from './entra-principals.ts'
export { prepareDatabase } from './database.ts'
export { applyRolesFile } from './roles-file.ts'
export { migrate } from './migrate.ts'
