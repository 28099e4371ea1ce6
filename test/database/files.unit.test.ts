import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, it } from 'vitest'
import { owners, readFunctions, readMigrations } from '../../database/index.ts'
import * as app from '../../functions/app.ts'
import { Checkout } from './checkout.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))

describe('the owners', () => {
  it('are every capability that has SQL, and every context, since it may have some any day', async () => {
    const found: string[] = []
    for (const root of ['shared', 'functions'])
      for (const entry of await readdir(join(repository, root), { recursive: true, withFileTypes: true }))
        if (entry.isDirectory() && ['migrations', 'sql'].includes(entry.name)) found.push(entry.parentPath)
    const folders = owners().map(({ folder }) => folder)
    const contexts = Object.values(app).map(({ name }) => join(repository, 'functions', name))
    expect(new Set(folders)).toEqual(new Set([...found, ...contexts]))
    expect(folders.slice(-contexts.length)).toEqual(contexts)
    expect(
      owners(['notes'])
        .map(({ folder }) => folder)
        .at(-1),
    ).toBe(join(repository, 'functions', 'notes'))
  })

  it('have names of their own', () => {
    expect(() => owners(['event-store'])).toThrow(/Two owners .* event-store/)
  })
})

describe('the files of an owner', () => {
  let checkout: Checkout
  beforeEach(async () => {
    checkout = await Checkout.create()
    return () => checkout.dispose()
  })
  const migrations = async () => readMigrations(checkout.owners('notes', 'empty'))
  const functions = async () => readFunctions(checkout.owners('notes', 'empty'))

  it('are none where a folder is missing', async () => {
    expect([await migrations(), await functions()]).toEqual([[], []])
  })

  it('are ordered by number and named after the owner', async () => {
    await checkout.migration('notes/0002_b', 'b', '')
    await checkout.migration('notes/0001_z', 'z', '')
    expect((await migrations()).map(({ name }) => name)).toEqual(['notes/0001_z', 'notes/0002_b'])
  })

  it.each([
    ['notes/migrations/first.up.sql', /not named NNNN_name/],
    ['notes/migrations/0001_first.sql', /not named NNNN_name/],
    ['notes/migrations/0001_first.up.sql', /notes\/0001_first lacks its down file/],
    ['notes/migrations/0001_first.down.sql', /notes\/0001_first lacks its up file/],
  ])('are refused: %s', async (path, message) => {
    await checkout.write(path, 'select;')
    await expect(migrations()).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      detail: expect.stringMatching(message) as string,
    })
  })

  it('are refused with one number twice', async () => {
    await checkout.migration('notes/0001_a', 'a', '')
    await checkout.migration('notes/0001_b', 'b', '')
    await expect(migrations()).rejects.toThrow(/two migrations of notes have the number of notes\/0001_a/)
  })

  it.each([
    ['select;', /it makes none/],
    [
      'create or replace function trickle_notes_state.other() returns int',
      /it makes trickle_notes_state\.other/,
    ],
    ['create or replace function counted() returns int', /it makes none/],
    [
      'create function a_b_c.counted() returns int;\ncreate function a_b_c.other() returns int',
      /it makes a_b_c\.counted, a_b_c\.other/,
    ],
  ])('make the function that they are named after: %s', async (text, message) => {
    await checkout.write('notes/sql/counted.sql', text)
    await expect(functions()).rejects.toThrow(message)
  })
})
