import { cp, mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { findBicep } from '../../tools/bicep-cli/index.ts'
import { makeSnapshots, staleness } from '../../tools/snapshots/index.ts'
import { hasBicep, requireBicep } from '../support/bicep-cli.ts'

const infra = fileURLToPath(new URL('../../infra/', import.meta.url))

requireBicep()

describe.skipIf(!hasBicep())('making the snapshots', () => {
  it('brings the committed ones, to the byte, and takes away what has no parameters any more', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'trickle-infra-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    await cp(infra, folder, { recursive: true })
    await cp(join(folder, 'snapshots', 'dev.snapshot.json'), join(folder, 'snapshots', 'old.snapshot.json'))
    await rm(join(folder, 'snapshots', 'dev.snapshot.json'))
    await makeSnapshots(folder, findBicep(process.env['PATH'] ?? '') ?? '')
    expect(await staleness(folder)).toEqual([])
    const filesOf = async (place: string): Promise<Map<string, string>> => {
      const names = (await readdir(join(place, 'snapshots'))).toSorted()
      const texts = names.map((name) => readFile(join(place, 'snapshots', name), 'utf8'))
      return new Map((await Promise.all(texts)).map((text, at) => [names[at] ?? '', text]))
    }
    const [made, committed] = [await filesOf(folder), await filesOf(infra)]
    expect([...made.keys()]).toEqual([...committed.keys()])
    expect([...made].filter(([name, text]) => committed.get(name) !== text).map(([name]) => name)).toEqual([])
  })

  it('fails where the template does not compile, and leaves the snapshots as they are', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'trickle-infra-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    await cp(infra, folder, { recursive: true })
    await rm(join(folder, 'modules', 'redis.bicep'))
    await expect(makeSnapshots(folder, findBicep(process.env['PATH'] ?? '') ?? '')).rejects.toThrow(
      /redis\.bicep/,
    )
    expect(await readdir(join(folder, 'snapshots'))).toContain('dev.snapshot.json')
  })
})
