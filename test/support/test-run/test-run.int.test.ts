import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { isAlive } from '../../../local/process/index.ts'
import { eventually } from '../eventually.ts'

interface Begun {
  readonly folder: string
  readonly guardPid: number
  readonly leftPid: number
}

const program = fileURLToPath(new URL('begin-and-wait.ts', import.meta.url))

/** Starts a test run, in a folder for temporary files that no other run uses. */
async function begin(base: string) {
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, TMPDIR: base },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, ...(JSON.parse(line.toString()) as Begun) }
}

const newBase = (): string => mkdtempSync(join(tmpdir(), 'runs-'))

it.each(['SIGTERM', 'SIGKILL'] as const)(
  'a run that %s ends leaves no process and no file',
  async (signal) => {
    const { child, folder, leftPid } = await begin(newBase())
    expect([isAlive(leftPid), existsSync(folder)]).toEqual([true, true])
    child.kill(signal)
    await eventually(() => [isAlive(leftPid), existsSync(folder)]).toEqual([false, false])
  },
)

it('a run that was killed with its guard is cleared by the next one, which leaves those that live alone', async () => {
  const base = newBase()
  const killed = await begin(base)
  const living = await begin(base)
  process.kill(killed.guardPid, 'SIGKILL')
  await eventually(() => isAlive(killed.guardPid)).toBe(false)
  killed.child.kill('SIGKILL')
  await once(killed.child, 'exit')
  expect([isAlive(killed.leftPid), existsSync(killed.folder)]).toEqual([true, true])

  const next = await begin(base)
  expect([isAlive(killed.leftPid), existsSync(killed.folder)]).toEqual([false, false])
  expect([isAlive(living.leftPid), existsSync(living.folder)]).toEqual([true, true])
  for (const run of [living, next]) run.child.kill()
  await eventually(() => [living, next].some((run) => isAlive(run.leftPid) || existsSync(run.folder))).toBe(
    false,
  )
})
