import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'

const repository = fileURLToPath(new URL('../..', import.meta.url))

/** A server is made for the run: two seconds on an idle machine. */
const RUN_MS = 120_000

const spread = z.strictObject({ median: z.number(), min: z.number(), max: z.number() })
const cpuPair = z.strictObject({
  candidateMicros: z.number().nullable(),
  baselineMicros: z.number().nullable(),
})
const figureSchema = z.strictObject({
  section: z.string(),
  name: z.string(),
  candidate: z.string(),
  baseline: z.string(),
  unit: z.string(),
  rounds: z
    .array(
      z.strictObject({
        candidate: z.number().positive(),
        baseline: z.number().positive(),
        ratio: z.number().positive(),
      }),
    )
    .min(1),
  ratio: spread,
  candidateValue: spread,
  baselineValue: spread,
  cpu: z.record(z.string(), cpuPair),
  target: z
    .strictObject({
      comparison: z.enum(['at-least', 'at-most']),
      value: z.number(),
      isMet: z.boolean(),
    })
    .nullable(),
})
const resultSchema = z.strictObject({
  schemaVersion: z.literal(1),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  sections: z.array(z.string()),
  options: z.looseObject({ isShort: z.literal(true), rounds: z.literal(2) }),
  machine: z.strictObject({
    cores: z.int().positive(),
    processor: z.string(),
    memoryMebibytes: z.int().positive(),
    platform: z.string(),
    syncMicros: z.number(),
    versions: z.looseObject({ node: z.string(), pg: z.string(), '@azure/functions': z.string() }),
    commit: z.strictObject({ hash: z.string().length(40), isChanged: z.boolean() }).nullable(),
  }),
  load: z.strictObject({ atStart: z.array(z.number()).length(3), atEnd: z.array(z.number()).length(3) }),
  postgres: z.looseObject({ server_version: z.string(), fsync: z.literal('on') }),
  figures: z.array(figureSchema),
  counts: z.array(z.never()),
  notes: z.array(z.never()),
  skipped: z.array(z.strictObject({ name: z.string(), reason: z.string() })),
})

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

async function bench(temporaryFolder: string, ...args: string[]): Promise<Ended> {
  const environment = { ...process.env, TMPDIR: temporaryFolder }
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['bench/main.ts', ...args], {
      cwd: repository,
      env: environment,
      timeout: RUN_MS,
    })
    return { code: 0, stdout, stderr }
  } catch (error) {
    return error as Ended
  }
}

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
  ])('ends what it has started when it is broken off %s', { timeout: RUN_MS }, async (_, when) => {
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
