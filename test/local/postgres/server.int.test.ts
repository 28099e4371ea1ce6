import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startTestServer } from '../../../local/postgres/index.ts'
import { isAlive } from '../../../local/process/index.ts'
import { asRoot, Ground, query } from './support.ts'
import { requirePostgres17, testedVersions } from '../../support/postgres-17.ts'

const SLOW = 60_000

describe('a PostgreSQL server of our own', () => {
  let ground: Ground
  beforeEach(() => {
    ground = new Ground()
  })
  afterEach(async () => {
    await ground.clean()
  }, SLOW)

  requirePostgres17()

  test.each(testedVersions)(
    'version %i starts, keeps what it was given, and starts again',
    { timeout: SLOW },
    async (version) => {
      const folder = ground.path('home', 'postgres')
      const first = await ground.start(folder, { version, durable: true })
      await query(first.adminUrl, 'create table kept as select 42 as answer')
      await first.stop()
      expect(existsSync(join(first.dataFolder, 'postmaster.pid'))).toBe(false)

      const second = await ground.start(folder, { version, durable: true, settings: { work_mem: '7MB' } })
      const [row] = await query(
        second.adminUrl,
        `select (select answer from kept), current_setting('server_version_num')::int / 10000 as version,
         current_setting('server_encoding') as encoding, current_setting('work_mem') as work_mem,
         current_setting('wal_level') as wal_level, current_setting('fsync') as fsync,
         (select datlocale from pg_database where datname = current_database()) as locale`,
      )
      expect(row).toEqual({
        answer: 42,
        version,
        encoding: 'UTF8',
        work_mem: '7MB',
        wal_level: 'logical',
        fsync: 'on',
        locale: 'C.UTF-8',
      })
    },
  )

  test(
    'nobody gets in without the password, and its file is closed to others',
    { timeout: SLOW },
    async () => {
      const folder = ground.path('home')
      const server = await ground.start(folder)
      const guess = new URL(server.adminUrl)
      guess.password = 'postgres'
      await expect(query(guess.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })
      expect(statSync(join(folder, 'password')).mode & 0o777).toBe(0o600)
      expect(statSync(server.logFile).mode & 0o777).toBe(0o600)
    },
  )

  test('it listens on 127.0.0.1 only, without a socket file', { timeout: SLOW }, async () => {
    const server = await ground.start(ground.path('home'))
    const [row] = await query(
      server.adminUrl,
      `select current_setting('listen_addresses') as addresses, current_setting('unix_socket_directories') as sockets`,
    )
    expect(row).toEqual({ addresses: '127.0.0.1', sockets: '' })
  })

  test(
    'started by root it runs as nobody, otherwise as the account that starts it',
    { timeout: SLOW },
    async () => {
      const server = await ground.start(ground.path('home'))
      const owner = statSync(server.dataFolder).uid
      expect(owner === process.getuid?.()).toBe(!asRoot)
      expect(server.notices.join(' ').includes('"nobody"')).toBe(asRoot)
    },
  )

  test('servers of a test run that was killed are cleared by the next one', { timeout: SLOW }, async () => {
    const door = join(import.meta.dirname, '../../../local/postgres/index.ts')
    const script = `const { startTestServer } = await import(${JSON.stringify(door)})
      const { pid, dataFolder } = await startTestServer()
      console.log(JSON.stringify({ pid, dataFolder }))
      await new Promise(() => setInterval(() => {}, 1000))`
    const run = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(run.stdout, 'data')) as [Buffer]
    const left = JSON.parse(line.toString()) as { pid: number; dataFolder: string }
    run.kill('SIGKILL')
    await once(run, 'exit')
    expect(isAlive(left.pid)).toBe(true)

    const next = spawnSync(process.execPath, [
      '--input-type=module',
      '-e',
      `
      const { startTestServer } = await import(${JSON.stringify(door)})
      const server = await startTestServer()
      await server.dispose()`,
    ])
    expect(next.status).toBe(0)
    expect(isAlive(left.pid)).toBe(false)
    expect(existsSync(left.dataFolder)).toBe(false)
  })

  test('a test server leaves nothing behind', { timeout: SLOW }, async () => {
    const server = await startTestServer()
    await query(server.adminUrl, 'select 1')
    await server.dispose()
    expect(existsSync(server.dataFolder)).toBe(false)
    await expect(query(server.adminUrl, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})
