import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from '../../tools/build.ts'
import type { BuildResult } from '../../tools/build.ts'

const run = promisify(execFile)
let folder: string
let result: BuildResult

beforeAll(async () => {
  // Outside the repository: a package that was left out of the bundle can't be found by accident.
  folder = await mkdtemp(join(tmpdir(), 'trickle-build-'))
  result = await buildApp({ outFolder: join(folder, 'app') })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Loads a file in a process of its own, in the bare folder, with nothing of ours in the environment. */
const load = (file: string) =>
  run(
    process.execPath,
    ['-e', `process.stdout.write(Object.keys(require(${JSON.stringify(file)})).join())`],
    { cwd: folder, env: { PATH: '' } },
  )

describe('the deployed package', () => {
  it('has the SDKs in chunks of their own', () => {
    expect(result.chunks.toSorted()).toEqual(
      expect.arrayContaining([
        'chunks/entra.cjs',
        'chunks/jose.cjs',
        'chunks/kusto.cjs',
        'chunks/openapi.cjs',
      ]),
    )
  })

  it('loads every chunk in a bare folder', async () => {
    for (const chunk of result.chunks) {
      const { stdout } = await load(join(result.outFolder, chunk))
      expect([chunk, stdout === '']).toEqual([chunk, false])
    }
  })

  it('loads its entry without any package beside it', async () => {
    const { stderr } = await run(
      process.execPath,
      ['-e', `require(${JSON.stringify(join(result.outFolder, 'main.cjs'))})`],
      { cwd: folder, env: { PATH: '' } },
    )
    // The library says by this that the app was found and only the worker is missing.
    expect(stderr).toMatch(/test mode/i)
  })

  it('names no dependency, so that nothing is installed where it is deployed', async () => {
    const packageFile = JSON.parse(await readFile(join(result.outFolder, 'package.json'), 'utf8')) as Record<
      string,
      unknown
    >
    expect(packageFile).toMatchObject({ name: 'trickle', main: 'main.cjs' })
    expect(packageFile['dependencies']).toBeUndefined()
  })
})
