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

  it('writes it to the screen when it is told no file, with nothing else among it', async () => {
    const { stdout } = await run(process.execPath, [command])
    expect(JSON.parse(stdout)).toEqual(emulatorConfigOf(await readQueues()).config)
  })
})
