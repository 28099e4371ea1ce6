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
  await superuser.query(
    'grant pg_create_subscription, pg_signal_backend, pg_read_all_stats to stand_in with admin option',
  )
  await superuser.query(
    'grant trickle_owner, trickle_migrator, trickle_app, trickle_worker, trickle_forwarder, trickle_operator to stand_in with admin option',
  )
}

/** Runs a block statement by statement, as psql does: a DO that commits must stand alone. Returns the rows of the last query. */
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
  for (const statement of statementsOf(text)) {
    const result = await client.query<Record<string, unknown>>(statement)
    if (result.fields.length > 0) rows = result.rows
  }
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

/** How many rows each table of the log has, and what they say; without the record of migrations, which each server keeps. */
export async function contentOf(superuser: Client) {
  const { rows: tables } = await superuser.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname like 'trickle\\_%' and n.nspname <> 'trickle_platform_migrations'
        and c.relkind in ('r', 'p') and not c.relispartition order by 1`,
  )
  const content: { name: string; count: string; digest: string | null }[] = []
  for (const { name } of tables) {
    const { rows } = await superuser.query<{ count: string; digest: string | null }>(
      `select count(*), md5(string_agg(t::text, chr(10) order by t::text)) as digest from ${name} t`,
    )
    for (const row of rows) content.push({ name, ...row })
  }
  return content
}
