import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LocalFailure } from '../../../local/failure/index.ts'
import { processMark } from '../../../local/process/index.ts'
import { readRun, stopRun } from '../../../local/run/index.ts'
import { openHome } from '../../../local/run/home.ts'
import { explainBySpace } from '../../../local/run/space.ts'
import { emptyStatus } from '../../../local/run/status.ts'
import { asRoot, Ground, WHY_ROOT } from '../postgres/support.ts'
import { alive, begin, homeFolder, killNow, START_LIMIT_MS, trickle, until } from './support.ts'

/** The processes of a run that has started the hosts of both apps; undefined before. */
function pidsWithBothHosts(home: string): number[] | undefined {
  const { processes } = readRun(home).status
  const hosts = processes.filter(({ name }) => name.endsWith('-host'))
  return hosts.length === 2 ? processes.map(({ pid }) => pid) : undefined
}

describe('what can go wrong with a run', () => {
  let ground: Ground
  beforeEach(() => {
    ground = new Ground()
  })
  afterEach(async () => {
    await ground.clean()
  })

  const start = (home: string): string[] => ['start', '--home', home, '--port', '0', '--postgres-port', '0']

  /** A record as a killed run leaves it. */
  function leaveRecord(home: string, processes: { name: string; pid: number; mark: string }[]): void {
    mkdirSync(home, { recursive: true })
    const record = {
      phase: 'serving',
      startedAt: new Date().toISOString(),
      supervisor: { name: 'supervisor', pid: 2 ** 22 + 1, mark: 'gone' },
      processes,
      status: emptyStatus(home),
    }
    writeFileSync(join(home, 'run.json'), JSON.stringify(record))
  }

  test('only processes that are those of the record are ended, never a stranger with the same id', async () => {
    const ours = spawn('sleep', ['60'])
    const stranger = spawn('sleep', ['60'])
    ground.onClean(() => stranger.kill())
    ground.onClean(() => ours.kill())
    const home = ground.path('home')
    leaveRecord(home, [
      { name: 'storage', pid: ours.pid ?? 0, mark: processMark(ours.pid ?? 0) ?? '' },
      { name: 'issuer', pid: stranger.pid ?? 0, mark: 'the start time of another process' },
    ])
    expect(readRun(home)).toMatchObject({
      state: 'not running',
      status: { pid: null, ready: false },
      orphans: [{ name: 'storage', pid: ours.pid }],
    })
    expect(await stopRun(home)).toBe(true)
    expect(alive([ours.pid ?? 0, stranger.pid ?? 0])).toEqual([stranger.pid])
    expect(await stopRun(home)).toBe(false)
  })

  test('a record that was torn or is of another version counts as none', () => {
    const home = ground.path('home')
    mkdirSync(home)
    writeFileSync(join(home, 'run.json'), '{"phase":"serving","proc')
    expect(readRun(home)).toMatchObject({ state: 'not running', orphans: [] })
  })

  test(
    'a folder with files of others by our names is refused and left as it is',
    { timeout: START_LIMIT_MS },
    async () => {
      const home = ground.path('sources')
      mkdirSync(join(home, 'postgres'), { recursive: true })
      writeFileSync(join(home, 'postgres', 'mine.txt'), 'keep me')
      const { code, error } = await trickle(...start(home), '--fresh')
      expect(code).toBe(1)
      expect(error).toContain('no home of a local run')
      expect(error).toContain('--home DIR')
      expect(readFileSync(join(home, 'postgres', 'mine.txt'), 'utf8')).toBe('keep me')
    },
  )

  test('a full disk is named, and nothing is left running', { timeout: START_LIMIT_MS }, async (context) => {
    context.skip(!asRoot, WHY_ROOT)
    const home = join(ground.mountSmallDisk('disk', 24), 'home')
    const { code, out } = await trickle(...start(home), '--json')
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({
      error: { code: 'DISK_FULL', mend: expect.stringContaining('--home DIR') as string },
    })
    expect(readRun(home)).toMatchObject({ state: 'not running', orphans: [] })
  })

  test(
    'what fails on a disk that filled up since is told as that',
    { timeout: START_LIMIT_MS },
    async (context) => {
      context.skip(!asRoot, WHY_ROOT)
      const disk = ground.mountSmallDisk('disk', 24)
      const home = openHome(join(disk, 'home'))
      const damage = new LocalFailure({
        code: 'DATA_FOLDER_BROKEN',
        what: 'The books are torn.',
        where: disk,
        mend: '',
      })
      spawnSync('dd', ['if=/dev/zero', `of=${join(disk, 'filler')}`, 'bs=64k'])
      expect(explainBySpace(home, damage)).toMatchObject({
        code: 'DISK_FULL',
        message: expect.stringContaining('The books are torn.') as string,
      })
      expect(explainBySpace(openHome(ground.path('elsewhere')), damage)).toBe(damage)
    },
  )

  test('a home on a read-only file system is named as that', { timeout: START_LIMIT_MS }, async (context) => {
    context.skip(!asRoot, WHY_ROOT)
    const disk = ground.mountSmallDisk('disk', 1)
    spawnSync('mount', ['-o', 'remount,ro', disk])
    const { code, error } = await trickle(...start(join(disk, 'home')))
    expect(code).toBe(1)
    expect(error).toContain('read-only')
  })

  test('a broken data folder is named with what mends it', { timeout: START_LIMIT_MS }, async () => {
    const { home, remove } = homeFolder()
    ground.onClean(remove)
    mkdirSync(join(home, 'logs'), { recursive: true })
    writeFileSync(join(home, 'trickle-home.json'), '{}')
    mkdirSync(join(home, 'postgres', 'data'), { recursive: true })
    writeFileSync(join(home, 'postgres', 'data', 'postgresql.conf'), '')
    if (asRoot) spawnSync('chown', ['-R', 'nobody', join(home, 'postgres', 'data')])
    const { code, out } = await trickle(...start(home), '--json')
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({
      error: { code: 'DATA_FOLDER_BROKEN', mend: expect.stringContaining('--fresh') as string },
    })
  })

  test(
    'Ctrl-C during the start ends what was started, and says that it was not ready',
    { timeout: START_LIMIT_MS },
    async () => {
      const { home, remove } = homeFolder()
      ground.onClean(remove)
      const run = begin(...start(home))
      const pids = await until('a part runs', () => {
        const { status } = readRun(home)
        return status.processes.length > 1 ? status.processes.map(({ pid }) => pid) : undefined
      })
      run.child.kill('SIGINT')
      const { code, error } = await run.outcome
      expect(code).toBe(1)
      expect(error).toContain('interrupted')
      expect(alive(pids)).toEqual([])
      expect(readRun(home)).toMatchObject({ state: 'not running', orphans: [] })
    },
  )

  test('Ctrl-C while the hosts of the two apps start ends both', { timeout: START_LIMIT_MS }, async () => {
    const { home, remove } = homeFolder()
    ground.onClean(remove)
    const run = begin(...start(home))
    const pids = await until('both hosts are started', () => pidsWithBothHosts(home))
    run.child.kill('SIGINT')
    expect((await run.outcome).code).not.toBeNull()
    expect(alive(pids)).toEqual([])
    expect(readRun(home)).toMatchObject({ state: 'not running', orphans: [] })
  })

  test(
    'when the run is killed while the hosts start, both end by themselves',
    { timeout: START_LIMIT_MS },
    async () => {
      const { home, remove } = homeFolder()
      ground.onClean(remove)
      const run = begin(...start(home))
      await until('both hosts are started', () => pidsWithBothHosts(home))
      const { status } = readRun(home)
      const hosts = status.processes.filter(({ name }) => name.endsWith('-host')).map(({ pid }) => pid)
      killNow(status.pid)
      await run.outcome
      await until('both are gone', () => (alive(hosts).length === 0 ? true : undefined))
      expect(await stopRun(home)).toBe(true)
      expect(alive(status.processes.map(({ pid }) => pid))).toEqual([])
    },
  )

  test(
    'a server of --postgres that does not answer is named without its password',
    { timeout: START_LIMIT_MS },
    async () => {
      const { home, remove } = homeFolder()
      ground.onClean(remove)
      const { code, error } = await trickle(
        ...start(home),
        '--postgres',
        'postgres://admin:secret@127.0.0.1:9/postgres',
      )
      expect(code).toBe(1)
      expect(error).toContain('admin:***@127.0.0.1:9')
      expect(error).not.toContain('secret')
    },
  )
})
