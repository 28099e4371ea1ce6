import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openFunctionKeys } from '../../../packages/functions-host/function-keys.ts'
import { createHostLog } from '../../../packages/functions-host/log.ts'
import { createScheduleStatusStore } from '../../../packages/functions-host/schedule-status.ts'

let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'functions-host-keys-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

test('keys are made once, kept for the owner only, and survive a restart with new functions', async () => {
  const state = join(folder, 'new', 'state')
  const first = await openFunctionKeys(state, ['Orders'])
  const file = join(state, 'function-keys.json')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  await chmod(file, 0o644)
  const second = await openFunctionKeys(state, ['Orders', 'Items'])
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(second.masterKey).toBe(first.masterKey)
  expect(second.hostKey).toBe(first.hostKey)
  expect(second.keyOf('orders')).toBe(first.keyOf('Orders'))
  const third = await openFunctionKeys(state, ['Items'])
  expect(third.keyOf('Items')).toBe(second.keyOf('Items'))
  expect(third.keyOf('Orders')).toBe(first.keyOf('Orders'))
})

test('what each key opens', async () => {
  const keys = await openFunctionKeys(folder, ['a', 'b'])
  expect(new Set([keys.masterKey, keys.hostKey, keys.keyOf('a'), keys.keyOf('b')]).size).toBe(4)
  expect(keys.levelOf(keys.masterKey, 'a')).toBe('admin')
  expect(keys.levelOf(keys.masterKey)).toBe('admin')
  expect(keys.levelOf(keys.hostKey, 'a')).toBe('function')
  expect(keys.levelOf(keys.keyOf('a') ?? '', 'A')).toBe('function')
  expect(keys.levelOf(keys.keyOf('a') ?? '', 'b')).toBe('anonymous')
  expect(keys.levelOf(keys.keyOf('a') ?? '')).toBe('anonymous')
  expect(keys.levelOf('wrong', 'a')).toBe('anonymous')
  expect(keys.levelOf('', 'a')).toBe('anonymous')
})

test.each(['{ half', '{}', 'null'])('a file that holds %s is named, with what to do', async (content) => {
  await writeFile(join(folder, 'function-keys.json'), content)
  await expect(openFunctionKeys(folder, [])).rejects.toMatchObject({
    code: 'STATE_BROKEN',
    message: expect.stringContaining('delete the file') as string,
  })
})

test('the status of a timer survives, and a broken one counts as none', async () => {
  let text = ''
  const sink = {
    write(line: string) {
      text += line
    },
  }
  const store = createScheduleStatusStore(folder, createHostLog(new Map(), sink))
  expect(await store.read('Tick')).toBeUndefined()
  const status = {
    last: undefined,
    next: new Date('2026-11-20T10:05:00.120Z'),
    lastUpdated: new Date('2026-11-20T10:00:00Z'),
  }
  await store.write('Tick', status)
  expect(await store.read('tick')).toEqual(status)
  expect(text).toBe('')
  await writeFile(join(folder, 'timers', 'tick.json'), '{')
  expect(await store.read('tick')).toBeUndefined()
  expect(text).toContain("The timer's status can't be read")
})
