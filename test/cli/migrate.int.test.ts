import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Client } from 'pg'
import { runCommandLine } from '../../cli/frame/index.ts'
import { createDatabase } from '../support/database.ts'
import type { TestDatabase } from '../support/database.ts'

const RECORD = 'trickle_platform_migrations.functions'

describe('trickle migrate', () => {
  let database: TestDatabase
  let admin: Client
  beforeAll(async () => {
    database = await createDatabase()
    admin = await database.client('admin')
  })
  afterAll(() => database.drop())

  async function migrate(...words: string[]): Promise<string> {
    let out = ''
    const code = await runCommandLine(['migrate', ...words, '--url', database.url('trickle_migrator')], {
      out: (text) => {
        out += text
      },
      error: () => {},
    })
    expect(code).toBe(0)
    return out.trim()
  }

  /** As if a newer checkout had put another text of it into the database. */
  const madeNewer = () =>
    admin.query(
      `insert into ${RECORD} (name, checksum, function_name) values ('event-store/append', 'newer', 'trickle_events_log.append')`,
    )

  it('says that there is nothing to do', async () => {
    expect(await migrate()).toBe('Nothing to do.')
    expect(JSON.parse(await migrate('--json'))).toEqual({
      direction: 'up',
      migrations: [],
      functions: { applied: [], keptNewer: [], withoutFile: [] },
    })
  })

  it('says that the checkout is older, and puts its texts back when it is asked to', async () => {
    await madeNewer()
    const older =
      'This checkout is older than the database, which keeps its newer text of event-store/append.'
    expect(await migrate()).toContain(older)
    expect(await migrate('--replace-newer')).toBe('Functions put into the database: event-store/append.')
    expect(await migrate()).toBe('Nothing to do.')
  })

  it('says which functions have no file', async () => {
    await admin.query(`create function trickle_events_log.made() returns int language sql as 'select 1'`)
    await admin.query(
      `insert into ${RECORD} (name, checksum, function_name) values ('event-store/made', 'x', 'trickle_events_log.made')`,
    )
    expect(await migrate()).toBe(
      'In the database and in no file of this checkout: event-store/made. They stay until a migration drops them.',
    )
    await admin.query('drop function trickle_events_log.made()')
  })

  it('goes down with the functions, and up again with all of them', async () => {
    expect(await migrate('down')).toBe(
      'Taken back: messages/0001_parked_messages. The functions were taken out too; migrate up brings them back.',
    )
    expect(await migrate('up')).toMatch(
      /^Applied: messages\/0001_parked_messages\. Functions put into the database: \d+\.$/,
    )
  })
})
