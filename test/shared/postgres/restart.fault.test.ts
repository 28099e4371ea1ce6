import { mkdtemp, chmod } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { clearServer, startServer } from '../../../local/postgres/index.ts'
import type { RunningServer } from '../../../local/postgres/index.ts'
import { Database } from '../../../shared/postgres/index.ts'
import { backendPid, one, sql } from './support.ts'
import { eventually } from '../../support/eventually.ts'

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

it('outlives a restart and a crash of the server', async () => {
  const idleErrors: Error[] = []
  const pool = new Database({
    url: server.adminUrl,
    connectionsMax: 2,
    statements: 'unnamed',
    onIdleError: (error) => idleErrors.push(error),
  })
  const { port } = server
  const before = await backendPid(pool)
  for (const end of ['stop', 'kill'] as const) {
    await server[end]()
    // A backend outlives its killed postmaster by a moment and answers.
    await eventually(() =>
      pool.query(sql('select 1'), { resolvesAmbiguity: true }).catch((error: unknown) => error),
    ).toMatchObject({ code: 'DATABASE_UNAVAILABLE', headers: { 'Retry-After': '1' } })
    server = await startServer({ dataFolder: folder, port, durable: false })
    expect(await one(pool.query(sql('select 1')))).toBe('1')
  }
  expect(await backendPid(pool)).not.toBe(before)
  expect(idleErrors.length).toBeGreaterThan(0)
  await pool.end()
})
