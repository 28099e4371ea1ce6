import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { holdFile } from '../../../local/file-lock/index.ts'

const door = new URL('../../../local/file-lock/index.ts', import.meta.url).href

/** Tells in one word what another process gets that asks for the file. */
async function askElsewhere(file: string): Promise<string> {
  const script = `import { holdFile } from ${JSON.stringify(door)}
    process.stdout.write(holdFile(${JSON.stringify(file)}) === null ? 'refused' : 'held')`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
  return stdout
}

it('gives the file to who waits for it when the holder removes it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'trickle-file-lock-'))
  const file = join(folder, 'lock')
  try {
    const hold = holdFile(file)
    const asked = askElsewhere(file)
    // Long enough for the other process to begin waiting, and shorter than its patience.
    await delay(1500)
    hold?.remove()
    expect(await asked).toBe('held')
  } finally {
    await rm(folder, { recursive: true })
  }
})
