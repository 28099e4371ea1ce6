import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildApp } from '../../../../tools/build.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trickle-build-'))
  await buildApp({ outFolder: folder })
})
afterAll(() => rm(folder, { recursive: true }))

/** Names are kept by the build, since the names of errors are part of what they say. */
it('the deployed package holds nothing that is for tests only', async () => {
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.cjs'))
  const whole = (await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))).join('\n')
  expect(whole).toContain('PostgresEventStore')
  expect(
    ['InMemoryEventStore', 'tenantContextForTests', 'jsonbText', 'inMemoryKeyring', 'in memory'].filter(
      (name) => whole.includes(name),
    ),
  ).toEqual([])
})
