import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Status } from '../../../local/run/index.ts'
import { Ground } from '../postgres/support.ts'
import { alive, pidsOf, projectFolder, START_LIMIT_MS, statusOf, until } from './support.ts'

/** What a start needs. The tests change files of it, so they do it in a copy. */
const SOURCES = ['cli', 'database', 'functions', 'infra', 'local', 'packages', 'shared', 'tools']
const FILES = ['host.json', 'package.json', 'local.settings.sample.json']
const ROUTE = 'functions/health/routes.ts'
const ANSWER = "json: { status: 'live' }"

/** Everything but the processes of the hosts. */
const lasting = (status: Status): unknown => ({
  ...status,
  hostPid: 0,
  background: status.background && { ...status.background, hostPid: 0 },
  processes: [],
})

describe('a run that watches the sources', () => {
  const ground = new Ground()
  const copy = ground.path('copy')
  const home = ground.path('home')
  let child: ChildProcess
  let said = ''
  afterAll(() => ground.clean(), START_LIMIT_MS)

  const original = readFileSync(join(projectFolder, ROUTE), 'utf8')
  const change = (path: string, text: string): void => {
    writeFileSync(join(copy, path), text)
  }
  const answering = (word: string): string => {
    expect(original).toContain(ANSWER)
    return original.replace(ANSWER, `json: { status: 'live', word: '${word}' }`)
  }
  const ask = async (): Promise<unknown> => {
    const { url } = await statusOf(home)
    const answer = await fetch(`${url ?? ''}/api/health/live`).catch(() => undefined)
    return answer?.ok === true ? await answer.json() : undefined
  }
  const untilAnswered = async (word: string): Promise<void> => {
    await until(`the answer says ${word}`, async () => {
      const answer = (await ask()) as { word?: string } | undefined
      return answer?.word === word ? true : undefined
    })
  }
  const untilSaid = async (text: string): Promise<void> => {
    await until(`it says ${text}`, () => (said.includes(text) ? true : undefined)).catch((error: unknown) => {
      throw new Error(`${String(error)}; it said: ${said}`)
    })
  }

  beforeAll(async () => {
    mkdirSync(copy)
    for (const name of [...SOURCES, ...FILES])
      cpSync(join(projectFolder, name), join(copy, name), {
        recursive: true,
        filter: (path) => !path.includes('version-17'),
      })
    symlinkSync(join(projectFolder, 'node_modules'), join(copy, 'node_modules'))
    const words = ['start', '--watch', '--home', home, '--port', '0', '--postgres-port', '0']
    child = spawn(process.execPath, [join(copy, 'cli', 'bin.mjs'), ...words], { cwd: copy })
    ground.onClean(async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGINT')
        await once(child, 'exit')
      }
    })
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (said += chunk.toString()))
    await untilSaid('Watching ')
  }, START_LIMIT_MS)

  test('serves a change, and all that it uses goes on', { timeout: START_LIMIT_MS }, async () => {
    const before = await statusOf(home)
    expect(await ask()).toEqual({ status: 'live' })
    change(ROUTE, answering('first'))
    await untilAnswered('first')
    await untilSaid(`${ROUTE}: built after`)
    const after = await statusOf(home)
    expect(after.hostPid).not.toBe(before.hostPid)
    const others = (status: typeof before): unknown =>
      status.processes.filter(({ name }) => !name.endsWith('host'))
    expect(others(after)).toEqual(others(before))
    expect(lasting(after)).toEqual(lasting(before))
    expect(said).not.toContain('it is started again')
  })

  test(
    'tells what cannot be built, with file and line, and goes on',
    { timeout: START_LIMIT_MS },
    async () => {
      change(ROUTE, `${answering('never')}\nconst = 1\n`)
      await untilSaid('not built, the old functions go on')
      expect(said).toMatch(/functions\/health\/routes\.ts:\d+:\d+: ERROR: /u)
      expect(await ask()).toEqual({ status: 'live', word: 'first' })
      change(ROUTE, answering('first'))
      await untilSaid('the code is what the functions run already')
    },
  )

  test(
    'gathers changes that come together, and one of a comment restarts nothing',
    async () => {
      const { hostPid } = await statusOf(home)
      change('functions/app.ts', `${readFileSync(join(copy, 'functions/app.ts'), 'utf8')}\n// a comment\n`)
      change(
        'functions/health/context.ts',
        `// one more\n${readFileSync(join(copy, 'functions/health/context.ts'), 'utf8')}`,
      )
      change(ROUTE, answering('second'))
      await untilAnswered('second')
      await untilSaid('and 2 more: built after')
      const { hostPid: next } = await statusOf(home)
      expect(next).not.toBe(hostPid)
      // A bundle that is served is moved away from here; one that is like the served one stays.
      const built = join(home, 'app-next', 'main.cjs')
      expect(existsSync(built)).toBe(false)
      change('functions/app.ts', `${readFileSync(join(copy, 'functions/app.ts'), 'utf8')}\n// another\n`)
      await until('the comment is built', () => (existsSync(built) ? true : undefined))
      expect((await statusOf(home)).hostPid).toBe(next)
      change(ROUTE, answering('third'))
      await untilAnswered('third')
    },
    START_LIMIT_MS,
  )

  test(
    'a bundle that cannot start is told, and the next change is served',
    async () => {
      change(ROUTE, `${answering('fourth')}\nthrow new Error('thrown while loading')\n`)
      await untilSaid('thrown while loading')
      change(ROUTE, answering('fifth'))
      await untilAnswered('fifth')
      expect(said).toContain('could not be started again')
    },
    START_LIMIT_MS,
  )

  test('Ctrl-C leaves nothing behind', { timeout: START_LIMIT_MS }, async () => {
    const pids = pidsOf(await statusOf(home))
    child.kill('SIGINT')
    const [code] = (await once(child, 'exit')) as [number | null]
    expect(code).toBe(0)
    expect(said).toContain('Stopped.')
    expect(alive(pids)).toEqual([])
    const { stdout } = spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    expect(stdout.split('\n').filter((line) => line.includes(home))).toEqual([])
    expect(existsSync(join(home, 'app-next'))).toBe(false)
    expect(existsSync(join(home, 'run.json'))).toBe(false)
  })
})
