import { appendFile, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import rhea from 'rhea'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { SeenId, StoredMessage } from '../../../packages/service-bus-stand-in/engine/index.ts'
import { Journal } from '../../../packages/service-bus-stand-in/journal/index.ts'
import { readMessage } from '../../../packages/service-bus-stand-in/message/index.ts'

let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trickle-journal-'))
})

afterEach(() => rm(folder, { recursive: true, force: true }))

function message(sequenceNumber: number, bytes = 10): StoredMessage {
  const content = readMessage(
    rhea.message.encode({ message_id: `m${sequenceNumber}`, body: 'x'.repeat(bytes) }),
  )
  return {
    queue: 'work',
    sequenceNumber,
    content,
    enqueuedAt: 1000 + sequenceNumber,
    expiresAt: Infinity,
    attempts: 0,
    isDeadLetter: false,
    state: 'waiting',
    segment: 0,
    recordBytes: 0,
  }
}

/** A journal whose source is a list of messages, as a queue would keep it. */
async function opened(limits?: Parameters<typeof Journal.open>[2]) {
  const { journal, queues } = await Journal.open(
    folder,
    (error) => {
      throw error
    },
    limits,
  )
  const alive = new Map<number, StoredMessage>(queues.get('work')?.messages)
  const seen: SeenId[] = [...(queues.get('work')?.seen.values() ?? [])]
  let nextSequenceNumber = queues.get('work')?.nextSequenceNumber ?? 1
  journal.keep({
    heads: () => [{ queue: 'work', nextSequenceNumber }],
    messages: () => alive.values(),
    seen: () => seen.map((entry) => ({ queue: 'work', seen: entry })),
  })
  const put = async (...messages: StoredMessage[]): Promise<void> => {
    for (const one of messages) {
      alive.set(one.sequenceNumber, one)
      nextSequenceNumber = Math.max(nextSequenceNumber, one.sequenceNumber + 1)
    }
    await journal.put(messages)
  }
  const remove = async (one: StoredMessage): Promise<void> => {
    one.state = 'gone'
    alive.delete(one.sequenceNumber)
    await journal.remove(one)
  }
  return { journal, queues, put, remove, seen }
}

const files = async (): Promise<string[]> => (await readdir(folder)).sort()

describe('what is written', () => {
  test('is there at the next start, each message in its last state', async () => {
    const { journal, put, remove } = await opened()
    const [first, second, third] = [message(1), message(2), message(3)]
    await put(first, second, third)
    await remove(first)
    second.attempts = 4
    journal.attempted(second)
    await put({ ...third, isDeadLetter: true })
    await journal.close()
    const { queues, journal: again } = await opened()
    const queue = queues.get('work')
    expect([...(queue?.messages.values() ?? [])]).toMatchObject([
      { sequenceNumber: 2, attempts: 4, isDeadLetter: false, enqueuedAt: 1002, expiresAt: Infinity },
      { sequenceNumber: 3, isDeadLetter: true },
    ])
    expect(queue?.messages.get(2)?.content.raw.equals(second.content.raw)).toBe(true)
    expect(queue?.nextSequenceNumber).toBe(4)
    // The id of a message that is gone is still known.
    expect([...(queue?.seen.keys() ?? [])]).toEqual(['m1', 'm2', 'm3'])
    await again.close()
  })

  test('and was cut off at its end is left out there, and the rest stays', async () => {
    const { journal, put } = await opened()
    await put(message(1))
    await put(message(2), message(3))
    await journal.close()
    const file = join(folder, 'journal-000001.log')
    const whole = await readFile(file)
    for (const length of [whole.length - 1, whole.length - 60, whole.length - 100]) {
      await writeFile(file, whole.subarray(0, length))
      const { queues, journal: again } = await opened()
      // All messages of one call or none.
      expect([...(queues.get('work')?.messages.keys() ?? [])]).toEqual([1])
      await again.close()
      await rm(join(folder, 'journal-000002.log'))
    }
  })

  test('and ends with bytes that are none of ours is read up to there', async () => {
    const { journal, put } = await opened()
    await put(message(1))
    await journal.close()
    await appendFile(join(folder, 'journal-000001.log'), Buffer.alloc(500))
    const { queues, journal: again } = await opened()
    expect([...(queues.get('work')?.messages.keys() ?? [])]).toEqual([1])
    await again.close()
  })
})

describe('a folder', () => {
  test('whose older file is broken is refused, and the file is named', async () => {
    const { journal, put } = await opened()
    await put(message(1), message(2))
    await journal.close()
    const next = await opened()
    await next.journal.close()
    const file = join(folder, 'journal-000001.log')
    const bytes = await readFile(file)
    bytes.writeUInt8(bytes.readUInt8(40) ^ 1, 40)
    await writeFile(file, bytes)
    await expect(opened()).rejects.toMatchObject({ code: 'DATA_BROKEN', where: file })
  })

  test('of another version is refused', async () => {
    await writeFile(join(folder, 'journal-000001.log'), Buffer.from('TSBJ\u0000\u0000\u0000\u0002', 'latin1'))
    await expect(opened()).rejects.toMatchObject({ code: 'DATA_OTHER_VERSION' })
    await writeFile(join(folder, 'journal-000001.log'), 'something else')
    await expect(opened()).rejects.toMatchObject({ code: 'DATA_BROKEN' })
  })
})

describe('cleaning', () => {
  const small = { segmentBytesMax: 20_000, cleanFromBytes: 100_000, segmentsMax: 8 }

  test('keeps what is alive, however often the files around it are removed', async () => {
    const { journal, put, remove, seen } = await opened(small)
    const kept = message(1, 500)
    await put(kept)
    seen.push({ id: 'still known', seenAt: 5, segment: 1, recordBytes: 0 })
    for (let number = 2; number < 1500; number += 1) {
      const passing = message(number, 500)
      await put(passing)
      await remove(passing)
    }
    const names = await files()
    expect(names.length).toBeLessThan(10)
    expect(names).not.toContain('journal-000001.log')
    await journal.close()
    const { queues, journal: again } = await opened(small)
    const queue = queues.get('work')
    expect([...(queue?.messages.keys() ?? [])]).toEqual([1])
    expect(queue?.messages.get(1)?.content.raw.equals(kept.content.raw)).toBe(true)
    expect(queue?.seen.get('still known')?.seenAt).toBe(5)
    await again.close()
  })

  test('forgets no number, also when no message is left', async () => {
    const { journal, put, remove } = await opened(small)
    for (let number = 1; number < 600; number += 1) {
      const passing = message(number, 500)
      await put(passing)
      await remove(passing)
    }
    await journal.close()
    for (let start = 0; start < 12; start += 1) {
      const next = await opened(small)
      expect(next.queues.get('work')?.nextSequenceNumber).toBe(600)
      await next.journal.close()
    }
    expect((await files()).length).toBeLessThanOrEqual(small.segmentsMax + 1)
  })

  test('does not begin while more than half of the journal is alive', async () => {
    const { journal, put } = await opened(small)
    for (let number = 1; number < 400; number += 1) await put(message(number, 500))
    expect((await files())[0]).toBe('journal-000001.log')
    await journal.close()
    const { queues, journal: again } = await opened(small)
    expect(queues.get('work')?.messages.size).toBe(399)
    await again.close()
  })
})
