import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'

export const repository = fileURLToPath(new URL('../..', import.meta.url))

/** A server is made for the run (two seconds on an idle machine), and Marten is loaded and compiled for one (a minute). */
export const RUN_MS = 240_000

const spread = z.strictObject({ median: z.number(), min: z.number(), max: z.number() })
const cpuPair = z.strictObject({
  candidateMicros: z.number().nullable(),
  baselineMicros: z.number().nullable(),
})
const targetSchema = z
  .strictObject({
    comparison: z.enum(['at-least', 'at-most']),
    value: z.number(),
    isMet: z.boolean(),
  })
  .nullable()
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
  target: targetSchema,
})
const countSchema = z.strictObject({
  section: z.string(),
  name: z.string(),
  value: z.number(),
  unit: z.string(),
  target: targetSchema,
})
/** What a run in the short form writes. */
export const resultSchema = z.strictObject({
  schemaVersion: z.literal(1),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  sections: z.array(z.string()),
  options: z.looseObject({ isShort: z.literal(true), rounds: z.int().positive() }),
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
  counts: z.array(countSchema),
  notes: z.array(z.string()),
  skipped: z.array(z.strictObject({ name: z.string(), reason: z.string() })),
})

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a benchmark program to its end, with a folder for temporary files of the test's own. */
export async function runBench(
  program: string,
  temporaryFolder: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, ...args], {
      cwd: repository,
      env: { ...process.env, TMPDIR: temporaryFolder, ...environment },
      timeout: RUN_MS,
    })
    return { code: 0, stdout, stderr }
  } catch (error) {
    return error as Ended
  }
}
