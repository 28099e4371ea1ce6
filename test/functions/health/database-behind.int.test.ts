import { afterAll, beforeAll, expect, it } from 'vitest'
import { countMissing } from '../../../functions/health/database-behind.ts'
import { createDatabase } from '../../support/database.ts'
import type { TestDatabase } from '../../support/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createDatabase()
})
afterAll(() => database.drop())

const RECORD = 'trickle_platform_migrations'

it('counts what the database lacks of this version, and lets it be newer', async () => {
  const admin = await database.client('admin')
  const missing = async () => (await database.pool('trickle_app', 1).query(countMissing))[0]?.missing
  expect(await missing()).toBe(0)
  await admin.query(
    `insert into ${RECORD}.functions (name, checksum, function_name) values ('event-store/append', 'newer', 'trickle_events_log.append')`,
  )
  await admin.query(
    `insert into ${RECORD}.migrations (name, checksum) values ('event-store/0999_newer', 'newer')`,
  )
  expect(await missing()).toBe(0)
  await admin.query(
    `update ${RECORD}.functions set checksum = 'older' where name = 'event-store/read_stream'`,
  )
  expect(await missing()).toBe(1)
  await admin.query(`delete from ${RECORD}.migrations where name = 'audit/0001_actions'`)
  expect(await missing()).toBe(2)
})
