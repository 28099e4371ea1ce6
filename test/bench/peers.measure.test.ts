import { spawnSync } from 'node:child_process'
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { resultSchema, RUN_MS, runBench } from './run-bench.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trickle-bench-test-'))
  // Under root PostgreSQL runs as another account, which has to pass through.
  await chmod(folder, 0o711)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const SMALL = ['--short', '--rounds', '1', '--turn-ms', '20'] as const

/** Runs a command in its short form. */
async function run(program: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const file = join(folder, 'results', 'result.json')
  const ended = await runBench(program, folder, [...args, ...SMALL, '--out', file], environment)
  expect(ended.code === 0 ? '' : ended.stderr).toBe('')
  expect(ended.stdout).toContain('SHORT')
  // Nothing stays but the result and the folder of the peers.
  expect((await readdir(folder)).filter((name) => !['results', 'peers'].includes(name))).toEqual([])
  return { ...ended, result: resultSchema.parse(JSON.parse(await readFile(file, 'utf8'))) }
}

/** The registry of npm can not be reached: packages of the peers are left out. */
const withoutRegistry = () => ({
  npm_config_registry: 'http://127.0.0.1:1/',
  npm_config_fetch_retries: '0',
  npm_config_cache: join(folder, 'peers', 'cache'),
})

describe('npm run bench:peers', () => {
  it(
    'says what it leaves out when the registry can not be reached, and measures the rest',
    { timeout: RUN_MS },
    async () => {
      const { result, stdout } = await run(
        'bench/peers/main.ts',
        ['append', 'trips', '--concurrency', '8', '--folder', join(folder, 'peers')],
        withoutRegistry(),
      )
      // Marten comes from elsewhere: it is there where .NET is.
      const figures = result.figures.filter(({ name }) => !name.includes('Marten'))
      expect(figures.map(({ name, target }) => [name, target?.value])).toEqual([
        ['1 event, 8 callers: ours direct / INSERT', 1],
        ['1 event, 8 callers: ours coalesced / INSERT', 1],
        ['10 events, 8 callers: ours direct / INSERT', undefined],
        ['10 events, 8 callers: ours coalesced / INSERT', undefined],
      ])
      const ours = result.counts.filter(({ name }) => name.startsWith('ours direct: '))
      expect(ours).toHaveLength(8)
      expect(ours.every(({ value }) => value === 1)).toBe(true)
      expect(stdout).toMatch(/Left out: emmett \(.*npm could not install/)
      expect(stdout).toMatch(/Left out: message-db \(/)
    },
  )
})

describe('Marten', () => {
  it(
    'is measured with appends and reads where .NET is on the path, and is left out with the reason elsewhere',
    { timeout: RUN_MS },
    async () => {
      const hasDotnet = spawnSync('dotnet', ['--version']).status === 0
      const { result } = await run(
        'bench/peers/main.ts',
        ['append', 'hot', 'read', '--concurrency', '8', '--folder', join(folder, 'peers')],
        withoutRegistry(),
      )
      const compared = result.figures
        .map(({ section, name }) => `${section} ${name}`)
        .filter((name) => name.includes('Marten'))
      const reasons = result.skipped
        .filter(({ name }) => name === 'Marten')
        .map(({ reason }) => reason.includes('.NET 10 SDK'))
      expect([...new Set(compared.map((name) => name.split(' ')[0]))]).toEqual(
        hasDotnet ? ['append', 'hot', 'read'] : [],
      )
      expect(new Set(reasons)).toEqual(new Set(hasDotnet ? [] : [true]))
    },
  )
})

describe('npm run bench:growth', () => {
  it('stores logs and compares each with the smallest', { timeout: RUN_MS }, async () => {
    const { result } = await run('bench/growth/main.ts', ['--tenants', '10,20'])
    expect(result.figures.map(({ name }) => name)).toEqual([
      'append of 1 event: 10000 events, 20 tenants',
      'stream read of 10 events: 10000 events, 20 tenants',
      'tenant feed page of 10 events: 10000 events, 20 tenants',
      "all tenants' feed page of 100 events: 10000 events, 20 tenants",
    ])
    expect(result.figures.every(({ target }) => target?.value === 1.3)).toBe(true)
  })
})
