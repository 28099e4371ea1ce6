import { afterAll, beforeAll, expect, it } from 'vitest'
import { checkServer } from '../../../local/run/database.ts'
import { createDatabase } from '../../support/database.ts'
import type { TestDatabase } from '../../support/database.ts'

let database: TestDatabase

/** No older server comes with the project, so a function before the system's own says that this one is. */
beforeAll(async () => {
  database = await createDatabase()
  const admin = await database.client('admin')
  await admin.query('create schema older')
  await admin.query(`create function older.current_setting(name text) returns text language sql
    as $$ select case name when 'server_version_num' then '160014' else pg_catalog.current_setting(name) end $$`)
})
afterAll(() => database.drop())

it('takes a server of version 17 or later', async () => {
  await expect(checkServer(database.adminUrl)).resolves.toBeUndefined()
})

it('refuses an older one by its version, before anything is made there', async () => {
  const url = new URL(database.adminUrl)
  url.pathname = `/${database.name}`
  url.searchParams.set('options', '-c search_path=older,pg_catalog')
  await expect(checkServer(url.href)).rejects.toMatchObject({
    code: 'SERVER_UNSUITABLE',
    message: 'The server is PostgreSQL 16; Trickle needs 17 or later.',
  })
})
