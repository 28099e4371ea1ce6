import { HookFailure } from '../frame/failure.ts'
import type { Report } from '../frame/report.ts'
import { userOf } from './database-server.ts'
import type { DatabaseServer } from './database-server.ts'
import { inDatabase } from './server.ts'

/**
 * Makes the application's database where the template has not. One that exists keeps its owner, as long as the
 * administrator has that owner's rights.
 * @throws HookFailure
 */
export async function prepareDatabase(
  server: DatabaseServer,
  database: string,
  report: Report,
): Promise<void> {
  const made = await inDatabase(server, 'postgres', 'make the database', async (client) => {
    const { rows } = await client.query<{ owner: string; isOurs: boolean }>(
      `select pg_catalog.pg_get_userbyid(datdba) as owner, pg_catalog.pg_has_role(datdba, 'usage') as "isOurs"
       from pg_catalog.pg_database where datname = $1`,
      [database],
    )
    const [found] = rows
    if (found?.isOurs === false) throw foreign(database, found.owner, userOf(server))
    if (found !== undefined) return `${database} of ${found.owner}`
    await client.query(`create database ${client.escapeIdentifier(database)} owner trickle_owner`)
    return undefined
  })
  if (made === undefined) report.changed('database', `created ${database}`)
  else report.unchanged('database', made)
}

const foreign = (database: string, owner: string, user: string): HookFailure =>
  new HookFailure({
    code: 'DATABASE_OF_OTHERS',
    what: `The database ${database} belongs to ${owner}, whose rights ${user} does not have.`,
    where: `database ${database}`,
    mend: `As ${owner}: alter database ${database} owner to azure_pg_admin`,
  })
