import { withClient } from '../../database/index.ts'

/** Settings that decide what a commit and a read cost. */
const NAMES = [
  'server_version',
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'shared_buffers',
  'max_wal_size',
]

/** The values of those settings, as the server itself reports them. */
export async function serverFacts(adminUrl: string): Promise<Record<string, string>> {
  return withClient(adminUrl, async (client) => {
    const { rows } = await client.query<{ name: string; setting: string }>(
      'select s.name, current_setting(s.name) as setting from pg_catalog.pg_settings s where s.name = any ($1)',
      [NAMES],
    )
    return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))
  })
}
