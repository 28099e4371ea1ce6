import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { emulatorConfigOf, readQueues } from '../../../local/service-bus-queues/index.ts'

const run = promisify(execFile)
const command = fileURLToPath(new URL('../../../local/service-bus-queues/main.ts', import.meta.url))

describe('the command that writes the emulator file', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'queues-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('writes it where it is told, and says what differs from Azure', async () => {
    const file = join(folder, 'Config.json')
    const { stdout, stderr } = await run(process.execPath, [command, file])
    const { config, narrowed } = emulatorConfigOf(await readQueues())
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(config)
    expect(stdout).toBe('')
    expect(stderr.trimEnd().split('\n')).toHaveLength(narrowed.length)
    expect(stderr).toContain(
      'trickle-commands: defaultMessageTimeToLive is PT1H in the emulator, P7D in Azure',
    )
  })

  it('adds the queues of other files, as the suite of the broker has them', async () => {
    const file = join(folder, 'More.json')
    const conformance = fileURLToPath(
      new URL('../../packages/service-bus-stand-in/conformance/queues.json', import.meta.url),
    )
    const { stderr } = await run(process.execPath, [command, file, conformance])
    const names = (await readFile(file, 'utf8')).match(/"Name": "[a-z-]+"/gu)
    expect(names).toContain('"Name": "trickle-commands"')
    expect(names).toContain('"Name": "conformance-sessions"')
    // The suite must see the same in the emulator as in Azure.
    expect(stderr).not.toContain('conformance-')
  })

  it('writes it to the screen when it is told no file, with nothing else among it', async () => {
    const { stdout } = await run(process.execPath, [command])
    expect(JSON.parse(stdout)).toEqual(emulatorConfigOf(await readQueues()).config)
  })
})
