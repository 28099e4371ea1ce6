import { mkdir, mkdtempDisposable, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { buildApp } from '../../tools/build.ts'
import { replaceFolder } from '../../tools/replace-folder.ts'

const scratchFolder = () => mkdtempDisposable(join(tmpdir(), 'trickle-replace-'))

async function folderWith(path: string, files: Readonly<Record<string, string>>): Promise<string> {
  await mkdir(join(path, 'chunks'), { recursive: true })
  for (const [name, content] of Object.entries(files)) await writeFile(join(path, name), content)
  return path
}

it('puts a folder in the place of another, with all of its files and none of the old ones', async () => {
  await using scratch = await scratchFolder()
  const target = await folderWith(join(scratch.path, 'app'), { 'app.cjs': 'old', 'chunks/gone.cjs': 'old' })
  await replaceFolder(await folderWith(join(scratch.path, 'made'), { 'app.cjs': 'new' }), target)
  expect(await readFile(join(target, 'app.cjs'), 'utf8')).toBe('new')
  expect(await readdir(join(target, 'chunks'))).toEqual([])
  expect(await readdir(scratch.path)).toEqual(['app'])
})

it('leaves a folder alone that has the same files: somebody may be reading it', async () => {
  await using scratch = await scratchFolder()
  const files = { 'app.cjs': 'same', 'chunks/one.cjs': 'same' }
  const target = await folderWith(join(scratch.path, 'app'), files)
  const { ino } = await stat(target)
  await replaceFolder(await folderWith(join(scratch.path, 'made'), files), target)
  expect((await stat(target)).ino).toBe(ino)
  expect(await readdir(scratch.path)).toEqual(['app'])
})

it('does not wait for ever for a lock that a killed process has left', async () => {
  await using scratch = await scratchFolder()
  const lock = join(scratch.path, 'app.lock')
  await mkdir(lock)
  const longAgo = new Date(Date.now() - 60_000)
  await utimes(lock, longAgo, longAgo)
  await replaceFolder(
    await folderWith(join(scratch.path, 'made'), { 'app.cjs': 'new' }),
    join(scratch.path, 'app'),
  )
  expect(await readdir(scratch.path)).toEqual(['app'])
})

it('lets two builds run at once, as azd does for two services: what the first has made, the second leaves alone', async () => {
  await using scratch = await scratchFolder()
  const outFolder = join(scratch.path, 'app')
  await folderWith(outFolder, { 'app.cjs': 'of an earlier build' })
  const inodes: number[] = []
  await Promise.all(
    [1, 2].map(async () => {
      await buildApp({ outFolder })
      inodes.push((await stat(join(outFolder, 'app.cjs'))).ino)
    }),
  )
  expect(new Set(inodes).size).toBe(1)
  expect(await readdir(scratch.path)).toEqual(['app'])
})
