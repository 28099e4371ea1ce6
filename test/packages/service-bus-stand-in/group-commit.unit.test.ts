import type { FileHandle } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { GroupCommit } from '../../../packages/service-bus-stand-in/journal/group-commit.ts'

/** A file whose flushes wait until they are let go, and which can fail. */
function slowFile(): { handle: Promise<FileHandle>; appended: string[]; flush: (error?: Error) => void } {
  const appended: string[] = []
  const waiting: { resolve: () => void; reject: (error: Error) => void }[] = []
  const file = {
    appendFile: (bytes: Buffer) => {
      appended.push(bytes.toString())
      return Promise.resolve()
    },
    datasync: () =>
      new Promise<void>((resolve, reject) => {
        waiting.push({ resolve, reject })
      }),
  }
  const flush = (error?: Error): void => {
    const flushing = waiting.shift()
    if (error === undefined) flushing?.resolve()
    else flushing?.reject(error)
  }
  return { handle: Promise.resolve(file as unknown as FileHandle), appended, flush }
}

test('what comes while the disk flushes goes into one flush after it', async () => {
  const { handle, appended, flush } = slowFile()
  const commit = new GroupCommit(() => undefined)
  const done: string[] = []
  const write = (text: string): void => {
    void commit.write(handle, [Buffer.from(text)]).then(() => done.push(text))
  }
  write('a')
  await setImmediate()
  write('b')
  write('c')
  await setImmediate()
  expect(appended).toEqual(['a'])
  expect(done).toEqual([])
  flush()
  await setImmediate()
  expect(done).toEqual(['a'])
  expect(appended).toEqual(['a', 'bc'])
  flush()
  await commit.idle()
  expect(done).toEqual(['a', 'b', 'c'])
})

test('after a flush that failed nothing is acknowledged any more', async () => {
  const { handle, flush } = slowFile()
  const failures: unknown[] = []
  const commit = new GroupCommit((error) => failures.push(error))
  const done: string[] = []
  void commit.write(handle, [Buffer.from('a')]).then(() => done.push('a'))
  await setImmediate()
  flush(new Error('ENOSPC'))
  await setImmediate()
  void commit.write(handle, [Buffer.from('b')]).then(() => done.push('b'))
  await setImmediate()
  flush()
  await setImmediate()
  expect(done).toEqual([])
  expect(failures).toMatchObject([{ message: 'ENOSPC' }])
  await commit.idle()
})
