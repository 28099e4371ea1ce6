import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDatabase } from '../../support/database.ts'
import type { TestDatabase } from '../../support/database.ts'
import { hasPgBouncer, requirePgBouncer, startPgBouncerWith } from '../../support/pgbouncer.ts'
import type { PgBouncer } from '../../support/pgbouncer.ts'

const ini = readFileSync(join(import.meta.dirname, '../../../local/compose/pgbouncer.ini'), 'utf8')

requirePgBouncer('keeps-track')

describe.runIf(hasPgBouncer('keeps-track'))(
  'the PgBouncer of compose.yaml, on a server of this machine',
  () => {
    let database: TestDatabase
    let bouncer: PgBouncer
    beforeAll(async () => {
      database = await createDatabase()
      const { password } = new URL(database.adminUrl)
      bouncer = await startPgBouncerWith(
        database.adminUrl,
        { ini, users: `"postgres" "${decodeURIComponent(password)}"\n` },
        'keeps-track',
      )
    })
    afterAll(async () => {
      await bouncer?.stop()
      await database?.drop()
    })

    it('asks the server for the passwords of logins, so that those of any home open it', async () => {
      for (const role of [
        'trickle_app',
        'trickle_worker',
        'trickle_forwarder',
        'trickle_operator',
      ] as const) {
        const client = new Client({ connectionString: bouncer.url(database.url(role)) })
        await client.connect()
        expect((await client.query('select current_user as role')).rows).toEqual([{ role }])
        await client.end()
      }
    })

    it('refuses a wrong password', async () => {
      const url = new URL(bouncer.url(database.url('trickle_app')))
      url.password = 'wrong'
      await expect(new Client({ connectionString: url.href }).connect()).rejects.toThrow(
        'SASL authentication failed',
      )
    })
  },
)
