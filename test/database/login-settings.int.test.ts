import type { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { prepareServer } from '../../database/index.ts'
import { healthRoutes } from '../../functions/health/routes.ts'
import { systemClock } from '../../shared/time/index.ts'
import { createOwnServer } from '../support/database.ts'
import { testPasswords } from '../support/urls.ts'
import { callerOf } from '../functions/operations/support.ts'

let database: Awaited<ReturnType<typeof createOwnServer>>
let admin: Client

beforeAll(async () => {
  // What a login is set to belongs to the whole server.
  database = await createOwnServer()
  admin = await database.client('admin')
})
afterAll(() => database.drop())

const runRolesFile = (): Promise<void> =>
  prepareServer({
    adminUrl: database.server.adminUrl,
    database: 'trickle',
    passwords: testPasswords,
    local: true,
  })

/** A new instance's first answer; what the operations say is not asked here. */
async function ready(roles: string | null = 'operator') {
  const app = database.pool('trickle_app', 2)
  const nothing = { status: () => Promise.reject(new Error('not asked')), list: () => Promise.resolve([]) }
  const call = callerOf(
    healthRoutes(
      () =>
        ({
          database: app,
          seesDetail: true,
          checkConfiguration: () => undefined,
          logOperations: nothing,
          subscriptionOperations: nothing,
          parkedMessages: { open: () => Promise.reject(new Error('not asked')) },
          reachability: () => [],
          clock: systemClock,
        }) as never,
    ),
  )
  const { status, json } = await call('health-ready', { roles })
  const { checks, detail } = json as { checks: { logins: string }; detail?: { logins: unknown } }
  return { status, logins: checks.logins, detail: detail?.logins }
}

const everythingIsAsMade = { status: 200, logins: 'ok', detail: [] }

describe('the settings of logins', () => {
  afterEach(runRolesFile)

  it('are as they were made', async () => {
    expect(await ready()).toEqual(everythingIsAsMade)
  })

  it.each([
    ['trickle_app', 'set statement_timeout = 0', 'statement_timeout', '10s', '0'],
    ['trickle_app', 'set search_path = trickle_events_log', 'search_path', '""', 'trickle_events_log'],
    ['trickle_app', 'set row_security = off', 'row_security', null, 'off'],
    ['trickle_app', 'set default_transaction_read_only = on', 'default_transaction_read_only', null, 'on'],
    ['trickle_app', "set timezone = 'Asia/Tokyo'", 'TimeZone', 'UTC', 'Asia/Tokyo'],
    ['trickle_app', 'reset transaction_timeout', 'transaction_timeout', '15s', null],
    ['trickle_app', 'in database trickle set lock_timeout = 0', 'lock_timeout', '5s', '0'],
    ['trickle_worker', 'set synchronous_commit = off', 'synchronous_commit', null, 'off'],
    ['trickle_forwarder', 'set synchronous_commit = off', 'synchronous_commit', null, 'off'],
    [
      'trickle_operator',
      "set default_transaction_isolation = 'repeatable read'",
      'default_transaction_isolation',
      null,
      'repeatable read',
    ],
    ['trickle_operator', "set statement_timeout = '31s'", 'statement_timeout', '30s', '31s'],
    [
      'trickle_migrator',
      "set session_replication_role = 'origin'",
      'session_replication_role',
      null,
      'origin',
    ],
  ] as const)('that %s changed (%s) are found by ready', async (login, change, setting, expected, found) => {
    const client = login === 'trickle_migrator' ? admin : await database.client(login)
    const role = login === 'trickle_migrator' ? login : 'current_user'
    await client.query(`alter role ${role} ${change}`)
    expect(await ready()).toEqual({
      status: 503,
      logins: 'changed',
      detail: [{ login, setting, expected, found }],
    })
    expect(await ready(null)).toEqual({ status: 503, logins: 'changed', detail: undefined })
    await runRolesFile()
    expect(await ready()).toEqual(everythingIsAsMade)
  })

  it('that a login took away altogether are found', async () => {
    await (await database.client('trickle_app')).query('alter role current_user reset all')
    const { detail } = await ready()
    expect((detail as { setting: string }[]).map(({ setting }) => setting).toSorted()).toEqual([
      'TimeZone',
      'idle_in_transaction_session_timeout',
      'lock_timeout',
      'search_path',
      'statement_timeout',
      'transaction_timeout',
    ])
  })

  it('in another database say nothing of this one', async () => {
    await admin.query('create database other')
    await admin.query('alter role trickle_app in database other set statement_timeout = 0')
    expect(await ready()).toEqual(everythingIsAsMade)
  })

  it('can not be noted by the login itself, and a note that is gone is found', async () => {
    for (const login of ['trickle_app', 'trickle_worker', 'trickle_forwarder', 'trickle_operator'] as const)
      await expect(
        (await database.client(login)).query(
          `comment on role ${login} is 'Settings of database/roles.sql: []'`,
        ),
      ).rejects.toMatchObject({ code: '42501' })
    await admin.query("comment on role trickle_operator is 'my own [words]'")
    expect(await ready()).toMatchObject({
      status: 503,
      detail: [{ login: 'trickle_operator', setting: '*', expected: null, found: null }],
    })
  })
})
