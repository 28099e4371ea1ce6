import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withClient } from '../../database/index.ts'
import { rollBackLostPrepared } from '../../soak/faults/index.ts'
import { startSoakServer } from '../../soak/stage/index.ts'
import type { SoakServer } from '../../soak/stage/index.ts'

const PREFIX = 'soak-'

let server: SoakServer
beforeAll(async () => {
  server = await startSoakServer({ durable: false, version: 18, tenants: [] })
  await withClient(server.adminUrl, (admin) => admin.query('create table prepared_rows (n int)'))
})
afterAll(() => server.dispose())

const prepare = (name: string): Promise<unknown> =>
  withClient(server.adminUrl, async (admin) => {
    await admin.query('begin')
    await admin.query('insert into prepared_rows values (1)')
    await admin.query(`prepare transaction '${name}'`)
  })

const prepared = (): Promise<string[]> =>
  withClient(server.adminUrl, async (admin) => {
    const { rows } = await admin.query<{ gid: string }>('select p.gid from pg_prepared_xacts p order by 1')
    return rows.map(({ gid }) => gid)
  })

describe('the janitor of prepared transactions', () => {
  it('rolls back what was left shortly before the writers ended, and leaves those of others', async () => {
    const [writing, reading] = [new AbortController(), new AbortController()]
    const janitor = rollBackLostPrepared(server.adminUrl, PREFIX, {
      writersEnded: writing.signal,
      readersEnded: reading.signal,
    })
    await prepare(`${PREFIX}lost`)
    await prepare('foreign')
    writing.abort()
    await expect.poll(prepared, { timeout: 10_000 }).toEqual(['foreign'])
    // A request that was on its way when its writer was killed may still prepare a transaction.
    await prepare(`${PREFIX}late`)
    await expect.poll(prepared, { timeout: 10_000 }).toEqual(['foreign'])
    reading.abort()
    expect(await janitor).toBe(2)
    await withClient(server.adminUrl, (admin) => admin.query(`rollback prepared 'foreign'`))
  })
})
