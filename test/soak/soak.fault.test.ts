import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { withClient } from '../../database/index.ts'
import { runForeign } from '../../soak/foreign/index.ts'
import { parseCommand } from '../../soak/options.ts'
import type { SoakOptions } from '../../soak/options.ts'
import type { SoakResult } from '../../soak/result.ts'
import { runSoak } from '../../soak/run.ts'
import { Cleanup } from '../../local/process/index.ts'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { mutateFunction } from '../support/mutate.ts'
import { scaled, seed } from '../support/scale.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))

/** A server is made for each run; on an idle machine one takes 10 s. */
const runMs = scaled(240_000)

const appends = String(scaled(1_200))

let folder = ''
/** After a breach: its ledgers and logs lie in the folder, and the same faults may not come a second time. */
let isFolderKept = false
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trickle-soak-test-'))
  // Under root PostgreSQL runs as another account, which has to pass through.
  await chmod(folder, 0o711)
})
afterAll(async () => {
  if (!isFolderKept) await rm(folder, { recursive: true, force: true })
})

function optionsOf(...args: string[]): SoakOptions {
  const command = parseCommand(args)
  if (command.kind !== 'soak') throw new Error('these are the options of another command')
  return command.soak
}

interface Ended {
  readonly code: number | string
  readonly stdout: string
  readonly stderr: string
}

/** What a program said, also when it ended with an error: the message of execFile holds only the half of it. */
async function runToEnd(words: readonly string[]): Promise<Ended> {
  try {
    const environment = { ...process.env, TMPDIR: folder }
    return {
      code: 0,
      ...(await promisify(execFile)(process.execPath, words, { cwd: repository, env: environment })),
    }
  } catch (error) {
    return error as Ended
  }
}

function cleanupOfTest(): Cleanup {
  const cleanup = new Cleanup()
  onTestFinished(() => cleanup.run())
  return cleanup
}

function runWithBrokenHorizon(runSeed: number): Promise<SoakResult> {
  return runSoak(optionsOf('--appends', '500', '--writer-kills', '0', '--seed', String(runSeed)), {
    cleanup: cleanupOfTest(),
    onProgress: () => {},
    onReady: (adminUrl) =>
      withClient(adminUrl, (admin) =>
        mutateFunction(
          admin,
          'trickle_events_log.feed_horizon',
          /begin[\s\S]*end/,
          'begin return pg_snapshot_xmax(pg_current_snapshot()); end',
        ),
      ),
  })
}

describe('npm run soak', () => {
  it(
    'finds nothing wrong while connections are cut, backends and writers killed, and others busy',
    { timeout: runMs },
    async () => {
      const file = join(folder, 'results', 'result.json')
      const args = ['--appends', appends, '--seed', String(seed), '--kill-every', '100', '--out', file]
      const { code, stdout, stderr } = await runToEnd(['soak/main.ts', ...args])
      isFolderKept = code !== 0
      expect(code, `${stderr}${stdout}The folder ${folder} is kept.`).toBe(0)
      const result = JSON.parse(await readFile(file, 'utf8')) as SoakResult
      expect(result.breaches).toEqual([])
      expect(stdout).toMatch(/Breaches\n {2}none/)
      // It proves nothing unless all of it came to pass.
      const { commands, faults, readers } = result
      expect(commands.commands).toBe(Number(appends))
      expect(commands.attempts).toBeGreaterThan(commands.commands)
      for (const count of [
        commands.conflicts,
        commands.aborted,
        commands.severalStreams,
        commands.withConditions,
      ])
        expect(count).toBeGreaterThan(0)
      expect(faults.backendsKilled).toMatchObject({ trickle_app: expect.any(Number) })
      expect(faults.writersKilled).toBe(2)
      expect(faults.connections['cut-response'] + faults.connections['cut-delayed']).toBeGreaterThan(0)
      expect(faults.foreign.refreshes + faults.foreign.idleTransactions).toBeGreaterThan(0)
      expect(readers.map(({ seen, expected }) => seen - expected)).toEqual(readers.map(() => 0))
      expect(readers[0]?.seen).toBe(result.events)
      expect(await readdir(folder)).toEqual(['results'])
    },
  )

  it('sees readers skip, once the horizon is what no snapshot has seen', { timeout: runMs }, async () => {
    // Whether a reader looks while an append hangs between two others is up to the machine; a run without is repeated.
    let result = await runWithBrokenHorizon(seed)
    for (let next = 1; next <= 3 && result.breaches.length === 0; next += 1)
      result = await runWithBrokenHorizon(seed + next)
    expect(result.breaches.map(({ kind }) => kind)).toContain('reader-skipped')
    // What it can be looked into with stays.
    expect(await readdir(result.keptFolder ?? '')).toContain('writer-0.ledger')
    await rm(result.keptFolder ?? '', { recursive: true })
  })
})

describe('npm run soak -- --foreign', () => {
  it('sees every event before the transactions of others have ended', { timeout: runMs }, async () => {
    const { cases } = await runForeign(
      { seconds: 1, appendsPerSecond: 20, durable: false, postgres: 18 },
      { cleanup: cleanupOfTest(), onProgress: () => {} },
    )
    expect(cases.map(({ appends, missing }) => ({ appends, missing }))).toEqual(
      cases.map(() => ({ appends: 20, missing: 0 })),
    )
    expect(cases).toHaveLength(5)
  })
})
