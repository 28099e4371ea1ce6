import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ImportServer } from './import/import-server.ts'
import { writeEvents } from './import/support.ts'

const cli = join(import.meta.dirname, '..', '..', 'cli')
const COUNT = 60

let folder: string
let file: string
let server: ImportServer
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trickle-run-under-'))
  file = join(folder, 'events.ndjson')
  writeEvents(file, COUNT)
  server = await new ImportServer().start()
})
afterEach(async () => {
  await server.stop()
  rmSync(folder, { recursive: true })
})

/** An import under a wrapper, as bin.mjs starts it where the Node of the system is another one. */
function begin() {
  const script = `import { runUnder } from ${JSON.stringify(join(cli, 'run-under.mjs'))}
    runUnder(process.execPath, process.argv.slice(1), (error) => { throw error })`
  const words = ['import', file, '--json', '--url', server.url, '--token', 'any', '--home', folder]
  const node = ['--input-type=module', '-e', script, join(cli, 'main.ts'), ...words]
  // A group of its own, as a terminal gives to what it runs.
  const wrapper = spawn(process.execPath, node, { cwd: folder, detached: true })
  const texts = { out: '', error: '' }
  wrapper.stdout.on('data', (chunk: Buffer) => (texts.out += chunk.toString()))
  wrapper.stderr.on('data', (chunk: Buffer) => (texts.error += chunk.toString()))
  // The streams close when the last process that has them is gone, wrapper and import.
  const outcome = once(wrapper, 'close').then(([code]) => ({ code: code as number | null, ...texts }))
  return { pid: wrapper.pid ?? 0, outcome }
}

async function importedInPart(): Promise<void> {
  while (server.count < COUNT / 2) await delay(5)
}

async function expectTheRest(): Promise<void> {
  server.holdAt = Number.POSITIVE_INFINITY
  await server.idle()
  const { code, out, error } = await begin().outcome
  expect(`${code} ${error}`).toMatch(/^0 /u)
  expect(JSON.parse(out)).toMatchObject({ read: COUNT, rejected: 0 })
  expect(server.count).toBe(COUNT)
  expect(readdirSync(join(folder, 'imports'))).toEqual([])
}

test('an import ends with its wrapper, also when that one is killed, and keeps no lock', async () => {
  server.holdAt = COUNT / 2
  const { pid, outcome } = begin()
  await importedInPart()
  process.kill(pid, 'SIGKILL')
  // The server is held: the import could not have come to its own end.
  expect(JSON.parse((await outcome).out)).toMatchObject({ error: { code: 'INTERRUPTED' } })
  await expectTheRest()
})

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s is passed on: the import ends in order',
  async (signal) => {
    server.holdAt = COUNT / 2
    const { pid, outcome } = begin()
    await importedInPart()
    process.kill(pid, signal)
    const { code, out, error } = await outcome
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'INTERRUPTED' } })
    expect(error).toMatch(/are done\. Run the same command again/u)
    await expectTheRest()
  },
)

test('Ctrl-C, which a terminal sends to both, ends both, and the next import brings the rest', async () => {
  server.holdAt = COUNT / 2
  const { pid, outcome } = begin()
  await importedInPart()
  process.kill(-pid, 'SIGINT')
  expect((await outcome).code).toBe(1)
  await expectTheRest()
})

test('a second import of the same file into the same target is refused while the first one runs', async () => {
  server.holdAt = COUNT / 2
  const first = begin()
  await importedInPart()
  const { code, out } = await begin().outcome
  expect(code).toBe(1)
  expect(JSON.parse(out)).toMatchObject({ error: { code: 'IMPORT_RUNNING' } })
  server.holdAt = Number.POSITIVE_INFINITY
  expect(JSON.parse((await first.outcome).out)).toMatchObject({ read: COUNT, appended: COUNT })
  await expectTheRest()
})
