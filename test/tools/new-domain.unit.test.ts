import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { newDomain } from '../../tools/new-domain.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trickle-domain-'))
  for (const part of ['examples/notes', 'test/examples/notes', 'functions/app.ts'])
    await cp(join(repository, part), join(folder, part), { recursive: true })
})
afterEach(() => rm(folder, { recursive: true }))

const filesOf = async (): Promise<string[]> => (await readdir(folder, { recursive: true })).toSorted()
const read = (file: string): Promise<string> => readFile(join(folder, file), 'utf8')

it('copies the example with its test, under other names in whatever case they stand', async () => {
  const made = await newDomain(folder, { plural: 'memos', singular: 'memo' })
  expect(made).toEqual(
    expect.arrayContaining([
      'functions/memos/migrations/0001_memos.up.sql',
      'functions/memos/memo-repository.ts',
      'test/functions/memos/memos.int.test.ts',
      'functions/app.ts',
    ]),
  )
  expect(made).not.toContain('functions/memos/README.md')
  const texts = await Promise.all(made.filter((file) => file !== 'functions/app.ts').map(read))
  expect(texts.filter((text) => /note/i.test(text))).toEqual([])
  const text = texts.join('\n')
  for (const name of ['MEMO_NOT_FOUND', 'MemoRepository', 'trickle_memos_state.memos', '/api/memos/{memoId}'])
    expect(text).toContain(name)
  expect(text).toContain("'../../../functions/memos/context.ts'")
  // `noteSchema` and `NoteServices` are of one note: the capital that follows is not a plural.
  for (const name of ['newMemoSchema', 'memoSchema', 'MemoServices']) expect(text).toContain(name)
  expect(await read('functions/app.ts')).toMatch(/\nexport \{ memos \} from '\.\/memos\/context\.ts'\n$/)
})

it.each([
  [{ plural: 'Memos', singular: 'memo' }, '"Memos" is no name of a domain'],
  [{ plural: 'loyalty-points', singular: 'point' }, 'one word'],
  [{ plural: 'memos', singular: '' }, '"" is no name'],
  [{ plural: 'sheep', singular: 'sheep' }, 'Give two names'],
])('refuses %o, and changes nothing', async (names, message) => {
  const before = await filesOf()
  await expect(newDomain(folder, names)).rejects.toThrow(message)
  expect(await filesOf()).toEqual(before)
})

it('refuses a folder that is there already, and changes nothing', async () => {
  await newDomain(folder, { plural: 'memos', singular: 'memo' })
  const before = await read('functions/app.ts')
  await expect(newDomain(folder, { plural: 'memos', singular: 'memo' })).rejects.toThrow(
    'functions/memos is there already',
  )
  expect(await read('functions/app.ts')).toBe(before)
})
