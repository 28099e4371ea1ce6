import { readFile } from 'node:fs/promises'
import type { Client } from 'pg'
import { eventually } from '../support/eventually.ts'

const page = new URL('../../docs/azure/upgrade.md', import.meta.url)

/** The numbered blocks of SQL of docs/azure/upgrade.md: what an operator copies is what is tried. */
export async function upgradeBlocks(): Promise<ReadonlyMap<number, string>> {
  const text = await readFile(page, 'utf8')
  const blocks = [...text.matchAll(/```sql\n-- (\d+)\. (?:OLD|NEW) server, administrator\n([\s\S]*?)```/g)]
  return new Map(blocks.map(([, number, sql = '']) => [Number(number), sql]))
}

/**
 * An administrator as Azure has one: no superuser, but somebody who may give what a move needs. Superusers bypass
 * row-level security and ownership, and would hide what the page must say.
 */
export async function makeAdministrator(superuser: Client): Promise<void> {
  await superuser.query(
    "create role stand_in login createrole createdb replication bypassrls nosuperuser password 'stand-in'",
  )
  await superuser.query('grant pg_create_subscription, pg_signal_backend, pg_read_all_stats to stand_in with admin option')
  await superuser.query(
    'grant trickle_owner, trickle_migrator, trickle_app, trickle_forwarder, trickle_operator to stand_in with admin option',
  )
}

/** Runs a block statement by statement, as psql does: a DO that commits must stand alone. Returns the last rows. */
export async function runBlock(
  client: Client,
  blocks: ReadonlyMap<number, string>,
  number: number,
  words: Readonly<Record<string, string>> = {},
): Promise<Record<string, unknown>[]> {
  const sql = blocks.get(number)
  if (sql === undefined) throw new Error(`docs/azure/upgrade.md has no block ${number}`)
  let text = sql
  for (const [word, value] of Object.entries(words)) text = text.replaceAll(word, value)
  let rows: Record<string, unknown>[] = []
  for (const statement of statementsOf(text)) rows = (await client.query(statement)).rows
  return rows
}

/** Splits at semicolons that end a line outside of $$ bodies. */
function statementsOf(sql: string): string[] {
  const statements: string[] = []
  let open = ''
  for (const line of sql.split('\n')) {
    open += `${line}\n`
    const isInBody = open.split('$$').length % 2 === 0
    if (!isInBody && line.trimEnd().endsWith(';')) {
      statements.push(open)
      open = ''
    }
  }
  return statements
}

/** Draws transaction ids, as years of appends would. */
export const drawIds = (client: Client, count: number): Promise<unknown> =>
  client.query(
    `do $$ begin for i in 1 .. ${count} loop perform pg_current_xact_id(); commit; end loop; end $$`,
  )

export async function untilCopied(client: Client, blocks: ReadonlyMap<number, string>): Promise<void> {
  await eventually(async () => (await runBlock(client, blocks, 4)).length).toBe(0)
}
