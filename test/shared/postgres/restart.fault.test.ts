import { mkdtemp, chmod } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { clearServer, startServer } from '../../../local/postgres/index.ts'
import type { RunningServer } from '../../../local/postgres/index.ts'
import { Database } from '../../../shared/postgres/index.ts'
import { backendPid, one, sql } from './support.ts'
import { eventually } from '../../support/eventually.ts'
import { hasPgBouncer, requirePgBouncer, startPgBouncerWith } from '../../support/pgbouncer.ts'

let folder: string
let server: RunningServer

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trickle-restart-'))
  await chmod(folder, 0o711)
  server = await startServer({ dataFolder: folder, port: 0, durable: false })
})
afterAll(async () => {
  await server.stop()
  await clearServer(folder)
})

/** As after a restart: callers are refused until the breaker has noticed that the server is back. */
const isBack = (pool: Database) => eventually(() => one(pool.query(sql('select 1'))).catch(() => 'away'))

it('outlives a restart and a crash of the server', async () => {
  const idleErrors: Error[] = []
  const changes: unknown[] = []
  const pool = new Database({
    url: server.adminUrl,
    connectionsMax: 2,
    statements: 'unnamed',
    onIdleError: (error) => idleErrors.push(error),
    onReachability: (error) => changes.push(error),
  })
  const { port } = server
  const before = await backendPid(pool)
  for (const end of ['stop', 'kill'] as const) {
    await server[end]()
    // A backend outlives its killed postmaster by a moment and answers.
    await eventually(() =>
      pool.query(sql('select 1'), { resolvesAmbiguity: true }).catch((error: unknown) => error),
    ).toMatchObject({ code: 'DATABASE_UNAVAILABLE', headers: { 'Retry-After': '1' } })
    await eventually(() => pool.query(sql('select 1')).catch(() => pool.reachability.isReachable)).toBe(false)
    const waiting = pool.whenReachable(60_000)
    server = await startServer({ dataFolder: folder, port, durable: false })
    expect(await waiting).toBe(true)
    expect(await one(pool.query(sql('select 1')))).toBe('1')
  }
  expect(await backendPid(pool)).not.toBe(before)
  expect(idleErrors.length).toBeGreaterThan(0)
  expect(changes).toEqual([expect.any(Error), null, expect.any(Error), null])
  await pool.end()
})

requirePgBouncer()

it.runIf(hasPgBouncer())('sees behind a pooler, which answers itself, that the server is away', async () => {
  const { username, password } = new URL(server.adminUrl)
  const users = `"${username}" "${password}"`
  const bouncer = await startPgBouncerWith(server.adminUrl, { ini: INI, users }, 'any')
  const pool = new Database({
    url: bouncer.url(server.adminUrl),
    connectionsMax: 2,
    statements: 'unnamed',
    // The pooler keeps the first statement for as long as it hopes for the server.
    queryTimeoutMs: 500,
  })
  const { port } = server
  await pool.query(sql('select 1'))
  await server.stop()
  await eventually(async () => {
    await pool.query(sql('select 1')).catch(() => {})
    return pool.reachability.isReachable
  }).toBe(false)
  await expect(pool.query(sql('select 1'))).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
  server = await startServer({ dataFolder: folder, port, durable: false })
  await isBack(pool).toBe('1')
  await pool.end()
  await bouncer.stop()
})

const INI = `[databases]
* = host=postgres port=5432
[pgbouncer]
auth_type = scram-sha-256
pool_mode = transaction
default_pool_size = 2
server_login_retry = 1
`
