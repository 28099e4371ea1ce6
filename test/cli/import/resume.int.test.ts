import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ImportJob, Reporter } from '../../../cli/import/index.ts'
import { ImportServer } from './import-server.ts'
import type { Trouble } from './import-server.ts'
import { beginImport, eventLine, writeEvents } from './support.ts'

const COUNT = 60

describe('an import that does not go through', () => {
  let folder: string
  let file: string
  let server: ImportServer
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'trickle-resume-'))
    file = join(folder, 'events.ndjson')
    writeEvents(file, COUNT)
    server = await new ImportServer().start()
  })
  afterEach(async () => {
    await server.stop()
    rmSync(folder, { recursive: true })
  })

  /** Every event once, and each stream in the order of the file. */
  function expectWholeStore(events = COUNT): void {
    expect(server.count).toBe(events)
    for (const stream of server.streams.values()) {
      const indexes = stream.map(({ id }) => Number(id.slice(1)))
      expect(indexes).toEqual(indexes.toSorted((one, other) => one - other))
    }
  }

  const progressOf = (): { position: { row: number }; counts: { read: number } } =>
    JSON.parse(readFileSync(`${file}.progress.json`, 'utf8')) as ReturnType<typeof progressOf>

  test.each<[string, Trouble, number?]>([
    ['a busy server', { kind: 'status', status: 503, code: 'DATABASE_BUSY' }, 0],
    ['a gateway that has nobody behind it', { kind: 'status', status: 502 }, 0],
    ['a connection that ends at once', { kind: 'cut', stored: 0, told: 0 }],
    ['a connection that ends after writes it did not tell of', { kind: 'cut', stored: 37, told: 12 }],
    ['an error line', { kind: 'errorLine', stored: 23, code: 'DATABASE_UNAVAILABLE', retryable: true }, 0],
    ['an answer that lacks its end', { kind: 'short', told: 13 }, 47],
  ])('%s: the lines without an outcome are sent again, in order', async (_name, trouble, duplicates) => {
    server.troubles.push(trouble, trouble)
    const { counts, sentAgain } = await beginImport(file, server.url).result
    expect(counts).toMatchObject({ read: COUNT, rejected: 0, skipped: 0 })
    expect(counts.appended + counts.duplicates).toBe(COUNT)
    // No line is there twice, so each duplicate is a line that was sent again.
    expect(sentAgain).toBe(counts.duplicates)
    // What an answer has told is not sent again, whatever came after it.
    expect(counts.duplicates).toBe(duplicates ?? counts.duplicates)
    expect(server.requests).toHaveLength(3)
    expectWholeStore()
  })

  test('a server that never tells what became of the lines is given up', async () => {
    for (let request = 0; request < 100; request += 1) server.troubles.push({ kind: 'short', told: 0 })
    await expect(beginImport(file, server.url, { retryForMs: 300 }).result).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
    })
  })

  test('a server that is away for a moment is waited for, and people are told', async () => {
    await server.stop()
    const { result, notes } = beginImport(file, server.url)
    while (notes.length === 0) await delay(5)
    await server.start()
    expect((await result).counts.appended).toBe(COUNT)
    expect(notes[0]).toMatch(/Nothing answers.*Trying again, for 20 s at most/su)
  })

  test('a server that stays away: it gives up, and says how to go on', async () => {
    await server.stop()
    const { result } = beginImport(file, server.url, { retryForMs: 300 })
    await expect(result).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringMatching(/0 are done\. Run the same command again.*progress\.json/u) as string,
    })
  })

  test.each<[string, Trouble, string]>([
    ['a refusal', { kind: 'status', status: 403, code: 'ROLE_MISSING' }, 'ROLE_MISSING'],
    [
      'an error that does not pass',
      { kind: 'errorLine', stored: 20, code: 'INTERNAL', retryable: false },
      'INTERNAL',
    ],
  ])('%s ends it at once', async (_name, trouble, code) => {
    server.troubles.push(trouble)
    await expect(beginImport(file, server.url).result).rejects.toMatchObject({ code })
    expect(server.requests).toHaveLength(1)
  })

  test.each([
    ['a page', '<html>Welcome</html>'],
    ['another API', '{"ok":true}\n'],
    ['outcomes of other lines', '{"line":2,"outcome":"appended"}\n'],
    [
      'more outcomes than lines',
      Array.from({ length: COUNT + 1 }, (_, index) => `{"line":${index + 1},"outcome":"appended"}\n`).join(
        '',
      ),
    ],
  ])('%s is not taken for an import', async (_name, text) => {
    server.troubles.push({ kind: 'stranger', text })
    await expect(beginImport(file, server.url).result).rejects.toMatchObject({
      code: 'ANSWER_NOT_UNDERSTOOD',
    })
  })

  test('outcomes of lines that were not sent yet are not believed', async () => {
    writeEvents(file, 20_500)
    const told = Array.from({ length: 20_400 }, (_, index) => `{"line":${index + 1},"outcome":"appended"}\n`)
    server.troubles.push({ kind: 'stranger', text: told.join('') })
    await expect(beginImport(file, server.url).result).rejects.toMatchObject({
      code: 'ANSWER_NOT_UNDERSTOOD',
    })
  })

  /** Runs an import until some lines are settled, and interrupts it. */
  async function interrupted(job: Partial<ImportJob> = {}): Promise<void> {
    server.holdAt = COUNT / 2
    const stop = new AbortController()
    const progress = { settled: 0 }
    const reporter: Reporter = {
      begin: () => undefined,
      update: ({ counts }) => (progress.settled = counts.read),
      note: () => undefined,
      end: () => undefined,
    }
    const { result } = beginImport(file, server.url, { ...job, reporter, signal: stop.signal })
    const failure = result.catch((error: unknown) => error)
    while (server.count < COUNT / 2 || progress.settled === 0) await delay(5)
    stop.abort()
    expect(await failure).toMatchObject({
      code: 'INTERRUPTED',
      message: expect.stringMatching(/are done\. Run the same command again/u) as string,
    })
    server.holdAt = Number.POSITIVE_INFINITY
    await server.idle()
  }

  test('interrupted, it goes on where it was, and counts the whole file', async () => {
    await interrupted()
    const { position, counts } = progressOf()
    expect(position.row).toBe(counts.read)
    expect(position.row).toBeGreaterThan(0)
    expect(position.row).toBeLessThan(COUNT)
    const { result, notes } = beginImport(file, server.url)
    const resumed = await result
    expect(resumed.counts.read).toBe(COUNT)
    expect(resumed.counts.appended + resumed.counts.duplicates).toBe(COUNT)
    expect(resumed.sentAgain).toBe(resumed.counts.duplicates)
    expect(notes.join('\n')).toMatch(new RegExp(`Going on after line ${position.row}`, 'u'))
    // One line asks whether the store is still the same; the rest is what was left.
    expect(server.requests.slice(-2).map(({ lines }) => lines)).toEqual([1, COUNT - position.row])
    expect(existsSync(`${file}.progress.json`)).toBe(false)
    expectWholeStore()
  })

  test.each<[string, Partial<ImportJob>, () => void]>([
    [
      'CSV',
      { format: { kind: 'csv', delimiter: ',' } },
      () => {
        const rows = Array.from(
          { length: COUNT },
          (_, index) => `t,s${index % 7},e${index},made,"two\nlines"\n`,
        )
        writeFileSync(file, `tenant,streamId,id,type,text\n${rows.join('')}`)
      },
    ],
    ['a packed file', {}, () => writeFileSync(file, gzipSync(readFileSync(file)))],
  ])('interrupted in %s, it goes on where it was', async (_name, job, write) => {
    write()
    await interrupted(job)
    const { position } = progressOf()
    expect((await beginImport(file, server.url, job).result).counts).toMatchObject({
      read: COUNT,
      rejected: 0,
    })
    expect(server.requests.at(-1)?.lines).toBe(COUNT - position.row)
    expectWholeStore()
  })

  test('interrupted in the middle of what a mapping made of one row, that row comes again', async () => {
    writeFileSync(file, Array.from({ length: 5 }, (_, index) => `{"n":${index}}\n`).join(''))
    const apply = (row: unknown): unknown =>
      Array.from({ length: 12 }, (_, part) => ({
        streamId: 's',
        id: `e${(row as { n: number }).n * 12 + part}`,
        type: 't',
        data: part === 7 ? undefined : part,
        ...(part === 9 ? { id: undefined } : {}),
      }))
    const mapping = { apply, hash: 'm' }
    await interrupted({ mapping })
    const { counts } = progressOf()
    expect(counts.read % 12).toBe(0)
    const resumed = await beginImport(file, server.url, { mapping }).result
    expect(resumed.counts).toMatchObject({ read: 60, rejected: 5 })
    expect(readFileSync(`${file}.rejects.ndjson`, 'utf8').trim().split('\n')).toHaveLength(5)
    expectWholeStore(55)
  })

  test.each<[string, () => Partial<ImportJob>]>([
    ['the progress is deleted', () => (rmSync(`${file}.progress.json`), {})],
    ['it shall begin with the first line', () => ({ restart: true })],
    ['the progress is damaged', () => (writeFileSync(`${file}.progress.json`, '{"half'), {})],
    ['the file has changed', () => (appendFileSync(file, '\n'), {})],
    ['the mapping has changed', () => ({ mapping: { apply: (row: unknown) => row, hash: 'new' } })],
  ])('%s: it begins with the first line, and what is stored is known', async (_name, change) => {
    await interrupted()
    const before = server.count
    const { counts } = await beginImport(file, server.url, change()).result
    expect(counts).toEqual({
      read: COUNT,
      appended: COUNT - before,
      duplicates: before,
      rejected: 0,
      skipped: 0,
    })
    expectWholeStore()
  })

  test('a store that was cleared since is noticed: nothing is left out, and counts are right', async () => {
    await interrupted()
    server.clear()
    const { result, notes } = beginImport(file, server.url)
    expect((await result).counts).toEqual({
      read: COUNT,
      appended: COUNT,
      duplicates: 0,
      rejected: 0,
      skipped: 0,
    })
    expect(notes.join('\n')).toMatch(/not there any more/u)
    expectWholeStore()
  })

  test('rejects of the earlier run stay in their file, each once', async () => {
    const lines = Array.from({ length: COUNT }, (_, index) =>
      index % 10 === 0 ? `bad ${index}` : eventLine(index),
    )
    writeFileSync(file, lines.join('\n'))
    server.holdAt = 30
    const stop = new AbortController()
    const { result } = beginImport(file, server.url, { signal: stop.signal })
    result.catch(() => undefined)
    while (server.count < 30) await delay(5)
    stop.abort()
    await expect(result).rejects.toMatchObject({ code: 'INTERRUPTED' })
    server.holdAt = Number.POSITIVE_INFINITY
    await server.idle()
    // As if the process had been killed after more rejects were written than the progress tells of.
    appendFileSync(`${file}.rejects.ndjson`, '{"line":999}\n')
    const { counts } = await beginImport(file, server.url).result
    expect(counts).toMatchObject({ read: COUNT, rejected: 6 })
    const written = readFileSync(`${file}.rejects.ndjson`, 'utf8').trim().split('\n')
    expect(written.map((line) => (JSON.parse(line) as { line: number }).line)).toEqual([
      1, 11, 21, 31, 41, 51,
    ])
  })
})
