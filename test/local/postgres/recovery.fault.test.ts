import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startServer } from '../../../local/postgres/index.ts'
import { processMark } from '../../../local/process/index.ts'
import { eventually } from '../../support/eventually.ts'
import { asRoot, failureOf, Ground, query } from './support.ts'

const SLOW = 60_000

describe('a server that was not stopped', () => {
  let ground: Ground
  beforeEach(() => {
    ground = new Ground()
  })
  afterEach(async () => {
    await ground.clean()
  }, SLOW)

  const countOf = async (url: string): Promise<unknown> => {
    const [row] = await query(url, 'select count(*)::int as count from kept')
    return row?.['count']
  }

  test(
    'after SIGKILL the next start recovers every commit, also under a client',
    { timeout: SLOW },
    async () => {
      const folder = ground.path('home')
      const first = await ground.start(folder, { durable: true })
      await query(first.adminUrl, 'create table kept as select generate_series(1, 1000) as n')
      await first.kill()
      expect(existsSync(join(first.dataFolder, 'postmaster.pid'))).toBe(true)

      const second = await ground.start(folder, { durable: true })
      expect(await countOf(second.adminUrl)).toBe(1000)
      expect(readFileSync(second.logFile, 'utf8')).toContain('was not properly shut down')
    },
  )

  /** A process of the account that the server runs under: of others PostgreSQL knows that they are strangers. */
  async function processOf(dataFolder: string, script: string): Promise<number> {
    const { uid, gid } = statSync(dataFolder)
    const identity = asRoot ? { uid, gid } : {}
    const child = spawn('/bin/sh', ['-c', script], {
      ...identity,
      cwd: '/',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    ground.onClean(() => child.kill('SIGKILL'))
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    return Number(line.toString())
  }

  test.each([
    ['belongs to a stranger by now', 'echo $$; exec sleep 60'],
    // The second sleep never asks how the first one ended, as a container without an init. The first one lives a moment,
    // or the shell itself might collect it before it becomes the second.
    ['is that of a zombie', 'sleep 0.5 & echo $!; exec sleep 60'],
  ])('a lock file whose process id %s holds up nobody', { timeout: SLOW }, async (what, script) => {
    const folder = ground.path('home')
    const first = await ground.start(folder)
    await query(first.adminUrl, 'create table kept as select 1 as n')
    await first.kill()
    const other = await processOf(first.dataFolder, script)
    if (what === 'is that of a zombie') await eventually(() => processMark(other)).toBeUndefined()
    const lockFile = join(first.dataFolder, 'postmaster.pid')
    const lines = readFileSync(lockFile, 'utf8').split('\n')
    writeFileSync(lockFile, [String(other), ...lines.slice(1)].join('\n'))

    const second = await ground.start(folder)
    expect(await countOf(second.adminUrl)).toBe(1)
    expect(() => process.kill(other, 0)).not.toThrow()
  })

  test(
    'a second server on a folder in use is refused, unless it is to take over',
    { timeout: SLOW },
    async () => {
      const folder = ground.path('home')
      const first = await ground.start(folder)
      await query(first.adminUrl, 'create table kept as select 1 as n')
      const failure = await failureOf(startServer({ dataFolder: folder, port: 0, durable: false }))
      expect(failure.code).toBe('DATA_FOLDER_IN_USE')
      expect(failure.message).toContain(String(first.pid))
      expect(await countOf(first.adminUrl)).toBe(1)

      const second = await ground.start(folder, { takeOver: true })
      expect(await first.ended).toEqual({ code: 0, signal: null })
      expect(await countOf(second.adminUrl)).toBe(1)
    },
  )

  test('an interrupted initialisation leaves nothing that looks like data', { timeout: SLOW }, async () => {
    const folder = ground.path('home')
    const attempt = startServer({
      dataFolder: folder,
      port: 0,
      durable: false,
      signal: AbortSignal.timeout(150),
    })
    await expect(attempt).rejects.toThrow(/abort/iu)
    expect(existsSync(join(folder, 'data'))).toBe(false)
    const server = await ground.start(folder)
    expect(await query(server.adminUrl, 'select 1 as one')).toEqual([{ one: 1 }])
  })
})
