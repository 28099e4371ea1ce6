import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runCommandLine } from '../../../cli/frame/index.ts'
import { ImportServer } from './import-server.ts'
import { eventLine, writeEvents } from './support.ts'

const projectFolder = join(import.meta.dirname, '..', '..', '..')

interface Outcome {
  readonly code: number | null
  readonly out: string
  readonly error: string
}

describe('trickle import', () => {
  let folder: string
  let home: string
  let file: string
  let server: ImportServer
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'trickle-import-command-'))
    home = join(folder, 'home')
    file = join(folder, 'events.ndjson')
    server = await new ImportServer().start()
  })
  afterEach(async () => {
    await server.stop()
    rmSync(folder, { recursive: true })
  })

  /** In this process: what it says and how it ends. */
  async function trickle(...words: string[]): Promise<Outcome> {
    const texts = { out: '', error: '' }
    const target = ['--url', server.url, '--token', 'any', '--home', home]
    const code = await runCommandLine(['import', ...words, ...target], {
      out: (text) => (texts.out += text),
      error: (text) => (texts.error += text),
    })
    return { code, ...texts }
  }

  /** As a process of its own, that can be killed. */
  function begin(...words: string[]): {
    pid: number
    outcome: Promise<Outcome>
    input: NodeJS.WritableStream
  } {
    const bin = join(projectFolder, 'cli', 'bin.mjs')
    const target = ['--url', server.url, '--token', 'any', '--home', home]
    const child = spawn(process.execPath, [bin, 'import', ...words, ...target], { cwd: folder })
    const texts = { out: '', error: '' }
    child.stdout.on('data', (chunk: Buffer) => (texts.out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (texts.error += chunk.toString()))
    const outcome = once(child, 'close').then(([code]) => ({ code: code as number | null, ...texts }))
    return { pid: child.pid ?? 0, outcome, input: child.stdin }
  }

  const mapping = (text: string): string => {
    const path = join(folder, 'mapping.mjs')
    writeFileSync(path, text)
    return path
  }

  test('--json prints the counts and nothing else; exit code 1 when a line was rejected', async () => {
    writeFileSync(file, `${eventLine(1)}\nno json\n`)
    const { code, out, error } = await trickle(file, '--json')
    expect(code).toBe(1)
    const printed = JSON.parse(out) as Record<string, number>
    expect(Object.keys(printed)).toEqual([
      'read',
      'appended',
      'duplicates',
      'rejected',
      'skipped',
      'sentAgain',
      'seconds',
    ])
    expect(printed).toMatchObject({ read: 2, appended: 1, duplicates: 0, rejected: 1, skipped: 0 })
    expect(error).toContain(`${file}.rejects.ndjson`)
    expect(error).toContain('line 2: MALFORMED_JSON')
    writeFileSync(file, `${eventLine(1)}\n`)
    expect(await trickle(file, '--rejects', join(folder, 'r'))).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^1 read: 0 appended, 1 duplicates/u) as string,
    })
  })

  test('a file with semicolons: its header is shown, and the option that reads it, with a mapping and without', async () => {
    file = join(folder, 'events.csv')
    writeFileSync(file, 'streamId;id;type\ns;1;t\n')
    const plain = await trickle(file)
    expect(plain.code).toBe(1)
    expect(plain.error).toMatch(/Its header has 1 column: "streamId;id;type".*--delimiter ";"/u)
    const path = mapping('export default (row) => ({ ...row, data: null })')
    const mapped = await trickle(file, '--map', path)
    expect(mapped.code).toBe(1)
    expect(mapped.error).toMatch(/Line 1 is the header, with 1 column.*--delimiter ";"/u)
    expect(await trickle(file, '--delimiter', ';')).toMatchObject({ code: 0 })
    writeFileSync(file, 'sep=;\r\nstreamId;id;type\r\ns;2;t\r\n')
    expect(await trickle(file)).toMatchObject({
      code: 0,
      out: expect.stringContaining('1 appended') as string,
    })
  })

  test('a mapping by its file, and tenants that are missing', async () => {
    writeFileSync(file, 'id;owner\n1;A\n2;B\n')
    server.knowsTenants = true
    const path = mapping(
      "export default ({ id, owner }) => ({ tenant: owner.toLowerCase(), streamId: 's', id, type: 't', data: null })",
    )
    const words = [file, '--map', path, '--format', 'csv', '--delimiter', ';']
    const refused = await trickle(...words)
    expect(refused.code).toBe(1)
    expect(refused.error).toContain('--create-tenants')
    expect(await trickle(...words, '--create-tenants')).toMatchObject({
      code: 0,
      error: expect.stringContaining('Tenants made: 2.') as string,
    })
  })

  test.each([
    ['no default export', 'export const map = () => null', /no default export/u],
    ['no function', 'export default 5', /no default export/u],
    ['broken JavaScript', 'const a = 1\nexport default (', /can't be loaded: .* \(line 2\)/u],
    ['a throw while it is loaded', '\n\nthrow new Error("boom")', /can't be loaded: boom \(line 3\)/u],
  ])('a mapping with %s', async (_name, text, message) => {
    writeEvents(file, 1)
    // In a process of its own: here a module would be loaded by the test runner, with other words for what is wrong.
    const { code, error } = await begin(file, '--map', mapping(text)).outcome
    expect(code).toBe(1)
    expect(error).toMatch(message)
    expect(server.requests).toEqual([])
  })

  test.each([
    [['{file}', '--tenant', 'Not a slug'], /slug of a tenant/u],
    [['{file}', '--format', 'xml'], /ndjson or csv/u],
    [['{file}', '--delimiter', ';'], /for CSV/u],
    [['events.txt'], /--format/u],
    [['{file}', '--format', 'csv', '--delimiter', '::'], /one character/u],
    [['{file}', '--retry-for', 'ever'], /--retry-for/u],
    [['{file}', 'more'], /Unexpected argument/u],
    [[], /missing/u],
  ])('%j is wrong usage', async (words, message) => {
    writeEvents(file, 1)
    const { code, error } = await trickle(...words.map((word) => word.replace('{file}', file)))
    expect(code).toBe(2)
    expect(error).toMatch(message)
  })

  /** Of the one import that was begun here; 0 where there is none. */
  function progressRow(): number {
    const imports = join(home, 'imports')
    const [name] = existsSync(imports) ? readdirSync(imports).filter((entry) => entry.endsWith('.json')) : []
    if (name === undefined) return 0
    const progress = JSON.parse(readFileSync(join(imports, name), 'utf8')) as { position: { row: number } }
    return progress.position.row
  }

  test('killed in the middle it goes on; with the progress deleted it begins with the first line; the store is the same', async () => {
    const count = 400
    // More than the buffers of a connection hold, so that the server has not got all of it when the sender dies.
    writeEvents(file, count, { data: 'x'.repeat(20_000) })
    server.batchMs = 25
    const killed = begin(file)
    while (progressRow() === 0) await delay(5)
    process.kill(killed.pid, 'SIGKILL')
    await killed.outcome
    await server.idle()
    expect(server.count).toBeLessThan(count)
    expect(progressRow()).toBeLessThanOrEqual(server.count)
    server.batchMs = 0
    const stored = (): string => JSON.stringify(Object.fromEntries(server.streams))
    const resumed = await begin(file, '--json').outcome
    expect(resumed).toMatchObject({
      code: 0,
      error: expect.stringContaining('Going on after line') as string,
    })
    const counts = JSON.parse(resumed.out) as Record<string, number>
    expect(counts).toMatchObject({ read: count, rejected: 0, skipped: 0 })
    expect(server.count).toBe(count)
    const whole = stored()

    server.batchMs = 25
    const again = begin(file)
    while (server.requests.length < 4) await delay(5)
    process.kill(again.pid, 'SIGKILL')
    await again.outcome
    rmSync(join(home, 'imports'), { recursive: true })
    server.batchMs = 0
    expect(JSON.parse((await begin(file, '--json').outcome).out)).toMatchObject({
      read: count,
      duplicates: count,
    })
    expect(stored()).toBe(whole)
    for (const stream of server.streams.values()) {
      const indexes = stream.map(({ id }) => Number(id.slice(1)))
      expect(indexes).toEqual(indexes.toSorted((one, other) => one - other))
    }
  })

  test('Ctrl-C ends it in order, and says how to go on', async () => {
    writeEvents(file, 400)
    server.batchMs = 25
    const { pid, outcome } = begin(file, '--json')
    while (server.count < 50) await delay(5)
    process.kill(pid, 'SIGINT')
    const { code, out, error } = await outcome
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'INTERRUPTED' } })
    expect(error).toMatch(/Interrupted\.\n\d+ are done\. Run the same command again/u)
    expect(existsSync(`${file}.rejects.ndjson`)).toBe(false)
  })

  test('standard input: what has come is written while more is awaited', async () => {
    const { outcome, input } = begin('-', '--json')
    input.write(`${eventLine(1)}\n${eventLine(2)}\nno js`)
    while (server.count < 2) await delay(20)
    input.end('on\n')
    const { code, out } = await outcome
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({ read: 3, appended: 2, rejected: 1 })
    expect(readFileSync(join(folder, 'stdin.rejects.ndjson'), 'utf8')).toContain('"sourceLine":"no json"')
  })
})
