/**
 * Runs tests again and again while other processes keep a processor busy, and says which tests failed how often. A test
 * that fails one time in fifty is a defect. `npm run test:repeat -- --runs 20 .fault. .e2e.`
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'

const USAGE = `Usage: npm run test:repeat -- [options] [FILTER ...]
  FILTER      part of the paths of the test files, such as .fault. (default: all)
  --runs N    how often (default 20)
  --busy N    processors that other processes keep busy meanwhile (default 1)
  --foreign   with other transactions open on the shared servers, so that a page of a feed may be short`

/** Enough for what a program of a test said until it failed, few enough that the runs stay readable. */
const MESSAGE_LINES_MAX = 60

const reportSchema = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string().default(''),
      assertionResults: z.array(
        z.object({ fullName: z.string(), status: z.string(), failureMessages: z.array(z.string()) }),
      ),
    }),
  ),
})

interface Failure {
  readonly test: string
  readonly message: string
}

/** The current run of the tests. It is ended when this program ends. */
let underWay: ChildProcess | undefined

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: '20' },
      busy: { type: 'string', default: '1' },
      foreign: { type: 'boolean', default: false },
    },
  })
  const [runs, busy] = [Number(values.runs), Number(values.busy)]
  if (values.foreign) process.env['TRICKLE_TEST_FOREIGN'] = '1'
  if (!Number.isInteger(runs) || runs < 1 || !Number.isInteger(busy) || busy < 0) {
    process.stderr.write(`${USAGE}\n`)
    return 2
  }
  const others = Array.from({ length: busy }, () => spawn(process.execPath, ['-e', 'for (;;) {}']))
  const endOthers = (): void => others.forEach((other) => other.kill('SIGKILL'))
  process.on('exit', () => {
    endOthers()
    underWay?.kill('SIGTERM')
  })
  // Without this, a signal would end the process without calling its exit handlers. The busy processes would never end.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130))
  const failures: Failure[] = []
  for (let run = 1; run <= runs; run += 1) {
    const startedAtMs = Date.now()
    const { passed, failed } = await runOnce(positionals)
    failures.push(...failed)
    const seconds = Math.round((Date.now() - startedAtMs) / 1_000)
    process.stdout.write(`run ${run} of ${runs}: ${passed} passed, ${failed.length} failed, ${seconds} s\n`)
    for (const { test, message } of failed)
      process.stdout.write(
        `  ${test}\n    ${message.split('\n').slice(0, MESSAGE_LINES_MAX).join('\n    ')}\n`,
      )
  }
  endOthers()
  for (const [test, count] of countBy(failures))
    process.stdout.write(`failed ${count} of ${runs} times: ${test}\n`)
  if (failures.length === 0) process.stdout.write(`No test failed in ${runs} runs.\n`)
  return failures.length === 0 ? 0 : 1
}

async function runOnce(filters: readonly string[]): Promise<{ passed: number; failed: Failure[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'trickle-repeat-'))
  try {
    const file = join(folder, 'report.json')
    const vitest: ChildProcess = spawn(
      process.execPath,
      ['node_modules/vitest/vitest.mjs', 'run', ...filters, '--reporter=json', `--outputFile=${file}`],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    underWay = vitest
    let told = ''
    vitest.stderr?.on('data', (chunk: Buffer) => (told += chunk.toString()))
    const [code] = (await once(vitest, 'close')) as [number | null]
    underWay = undefined
    const report = reportSchema.parse(JSON.parse(await readFile(file, 'utf8')))
    const failed = failuresOf(report)
    // An error outside of all tests (in a hook of the whole run, or a process that was not ended) fails the run, too.
    if (code !== 0 && failed.length === 0)
      failed.push({ test: 'the run as a whole', message: told.trim().slice(-2_000) })
    return { passed: report.numPassedTests, failed }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function failuresOf({ testResults }: z.output<typeof reportSchema>): Failure[] {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults
      .filter((result) => result.status === 'failed')
      .map((result) => ({
        test: `${name} > ${result.fullName}`,
        message: result.failureMessages.join('\n'),
      }))
    return failed.length === 0 && status === 'failed' ? [{ test: name, message }] : failed
  })
}

function countBy(failures: readonly Failure[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { test } of failures) counts.set(test, (counts.get(test) ?? 0) + 1)
  return counts
}

process.exitCode = await main()
