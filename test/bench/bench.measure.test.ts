import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { repository, resultSchema as anyResult, RUN_MS, runBench } from './run-bench.ts'

const resultSchema = anyResult.extend({ counts: z.array(z.never()), notes: z.array(z.never()) })

const bench = (temporaryFolder: string, ...args: string[]) => runBench('bench/main.ts', temporaryFolder, args)

describe('npm run bench', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'trickle-bench-test-'))
    // Under root PostgreSQL runs as another account, which has to pass through.
    await chmod(folder, 0o711)
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it(
    'measures a section, prints a table, writes JSON, and leaves nothing else behind',
    { timeout: RUN_MS },
    async () => {
      const file = join(folder, 'results', 'result.json')
      const small = ['--short', '--rounds', '2', '--turn-ms', '20', '--concurrency', '32', '--batches', '1']
      const { code, stdout, stderr } = await bench(
        folder,
        'append',
        ...small,
        '--modes',
        'unnamed',
        '--out',
        file,
      )
      expect({ code, stderr }).toMatchObject({ code: 0 })
      const result = resultSchema.parse(JSON.parse(await readFile(file, 'utf8')))
      expect(result.sections).toEqual(['append'])
      expect(result.figures.map((figure) => [figure.name, figure.rounds.length])).toEqual([
        ['1 event, 32 callers, unnamed', 2],
        ['bare INSERT by our pool class, 8 callers, unnamed', 2],
      ])
      const [judged, unjudged] = result.figures
      expect(judged?.target).toMatchObject({ comparison: 'at-least', value: 0.9 })
      expect(unjudged?.target).toBeNull()
      expect(stdout).toContain('append: 1 event, 32 callers, unnamed')
      expect(stdout).toMatch(/fsync on/)
      expect(stdout).toContain('SHORT')
      expect(await readdir(folder)).toEqual(['results'])
    },
  )

  it.each([
    ['while it makes its server', 'append\n'],
    ['while it measures', '1 callers'],
  ])('ends what it has started when it is interrupted %s', { timeout: RUN_MS }, async (_, when) => {
    const temporary = await mkdtemp(join(folder, 'broken-off-'))
    await chmod(temporary, 0o711)
    const child = spawn(process.execPath, ['bench/main.ts', 'append', '--turn-ms', '60000'], {
      cwd: repository,
      env: { ...process.env, TMPDIR: temporary },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const ended = once(child, 'exit')
    let told = ''
    for await (const chunk of child.stderr) {
      told += String(chunk)
      if (told.includes(when) && !child.killed) child.kill('SIGINT')
    }
    expect(await ended).toEqual([130, null])
    expect(await readdir(temporary)).toEqual([])
    await rm(temporary, { recursive: true })
  })

  it('ends with 2 and the usage for flags that it does not know', async () => {
    const { code, stderr } = await bench(folder, '--fast')
    expect(code).toBe(2)
    expect(stderr).toContain('--short')
  })
})
