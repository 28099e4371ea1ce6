import { randomBytes } from 'node:crypto'
import { allMigrations, loginRoles, prepareServer, urlOfDatabase, withClient } from '../../database/index.ts'
import type { BenchServer } from './server.ts'

/** As the migration runner has it: what is made belongs to the owner when the transaction ends. */
const HAND_OVER = 'reassign owned by current_user to trickle_owner'

export interface ScratchForm {
  /** Changes the text of a migration before it runs; the files stay as they are. */
  readonly edit?: (sql: string, migration: string) => string
  /** Run by the administrator after the migrations. */
  readonly afterSql?: string
}

/**
 * One more migrated database on a server, perhaps in another form than the migrations give it: for comparing forms, never
 * for data that anybody keeps. It is used as a server is, with the same logins.
 */
export async function createScratchDatabase(
  server: BenchServer,
  name: string,
  form: ScratchForm = {},
): Promise<BenchServer> {
  const passwordOf = (role: (typeof loginRoles)[number]): string => new URL(server.url(role)).password
  const passwords = {
    ...Object.fromEntries(loginRoles.map((role) => [role, passwordOf(role)])),
    trickle_inspector: randomBytes(12).toString('hex'),
  } as Parameters<typeof prepareServer>[0]['passwords']
  await prepareServer({ adminUrl: server.adminUrl, database: name, passwords, local: false })
  const url: BenchServer['url'] = (role) => urlOfDatabase(server.url(role), name)
  const files = await allMigrations()
  await withClient(url('trickle_migrator'), async (client) => {
    for (const file of files) {
      const sql = form.edit === undefined ? file.upSql : form.edit(file.upSql, file.name)
      // One text, one implicit transaction: the limits that a migration sets for itself hold for all of it.
      await client.query(`${sql};\n${HAND_OVER}`)
    }
  })
  const adminUrl = urlOfDatabase(server.adminUrl, name)
  if (form.afterSql !== undefined) {
    const { afterSql } = form
    await withClient(adminUrl, (client) => client.query(afterSql))
  }
  return { ...server, adminUrl, url, dispose: () => Promise.resolve() }
}
