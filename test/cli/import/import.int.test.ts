import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ImportServer } from './import-server.ts'
import { beginImport, chunksOf, eventLine, writeEvents } from './support.ts'

describe('an import', () => {
  let folder: string
  let file: string
  let server: ImportServer
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'trickle-import-'))
    file = join(folder, 'events.ndjson')
    server = await new ImportServer().start()
  })
  afterEach(async () => {
    await server.stop()
    rmSync(folder, { recursive: true })
  })

  const rejects = (): Record<string, unknown>[] =>
    readFileSync(`${file}.rejects.ndjson`, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)

  test('brings every line, byte by byte, in one request after the other; a second one adds nothing', async () => {
    const lines = Array.from({ length: 45_000 }, (_, index) => eventLine(index))
    const exact = '{"streamId":"s","id":"n","type":"t","data":{"n":9007199254740993,"d":1.10,"e":"\\u00e9"}}'
    writeFileSync(file, `${exact}\n${lines.join('\n')}`)
    server.batchLines = 500
    const first = await beginImport(file, server.url).result
    expect(first.counts).toEqual({ read: 45_001, appended: 45_001, duplicates: 0, rejected: 0, skipped: 0 })
    expect(server.raw).toEqual([exact, ...lines])
    // A request ends where the source pauses, too, so on a busy machine there may be more of them.
    expect(server.requests.every(({ lines }) => lines > 0 && lines <= 20_000)).toBe(true)
    expect(server.largestOpen).toBe(1)
    const second = await beginImport(file, server.url).result
    expect(second.counts).toEqual({ read: 45_001, appended: 0, duplicates: 45_001, rejected: 0, skipped: 0 })
    expect(server.count).toBe(45_001)
    expect(existsSync(`${file}.progress.json`)).toBe(false)
    expect(existsSync(`${file}.rejects.ndjson`)).toBe(false)
  })

  test('rejected lines are written with line, reason and text; the others go on', async () => {
    writeFileSync(
      file,
      [eventLine(1), 'no json', '', eventLine(2), eventLine(1, { type: 'other' }), '{"id":"x"}'].join('\n'),
    )
    const { counts, firstReject } = await beginImport(file, server.url).result
    expect(counts).toEqual({ read: 5, appended: 2, duplicates: 0, rejected: 3, skipped: 0 })
    expect(rejects()).toMatchObject([
      { line: 2, row: 2, code: 'MALFORMED_JSON', sourceLine: 'no json' },
      { line: 5, row: 4, code: 'EVENT_ID_EXISTS', sourceLine: eventLine(1, { type: 'other' }) },
      { line: 6, row: 5, code: 'VALIDATION_FAILED', sourceLine: '{"id":"x"}' },
    ])
    expect(firstReject).toMatchObject({ line: 2, code: 'MALFORMED_JSON' })
  })

  test('with a mapping every entry counts once, whatever becomes of it', async () => {
    writeFileSync(file, Array.from({ length: 100 }, (_, index) => `{"n":${index}}\n`).join(''))
    const event = (id: string): object => ({ streamId: 's', id, type: 't', data: null })
    const apply = (row: unknown): unknown => {
      const { n } = row as { n: number }
      if (n % 4 === 0) return null
      if (n % 4 === 1) return [event(`a${n}`), event(`b${n}`), { id: n }]
      if (n % 4 === 2) throw new Error(`not ${n}`)
      return event('always the same')
    }
    const { counts } = await beginImport(file, server.url, { mapping: { apply, hash: '' } }).result
    expect(counts).toEqual({ read: 150, appended: 51, duplicates: 24, rejected: 50, skipped: 25 })
    expect(rejects()[0]).toMatchObject({ line: 2, code: 'VALIDATION_FAILED' })
    expect(rejects()[1]).toMatchObject({
      line: 3,
      code: 'MAPPING_FAILED',
      detail: 'not 2',
      sourceLine: '{"n":2}',
    })
  })

  test('missing tenants are made before their lines go, in bulk, each once', async () => {
    const count = 2_500
    writeFileSync(
      file,
      Array.from(
        { length: count * 2 },
        (_, index) => `${eventLine(index, { tenant: `T${index % count}` })}\n`,
      ).join(''),
    )
    server.knowsTenants = true
    const apply = (row: unknown): unknown => {
      const { tenant, ...event } = row as { tenant: string }
      return { ...event, tenant: tenant.toLowerCase() }
    }
    const mapping = { apply, hash: '' }
    await expect(beginImport(file, server.url, { mapping }).result).rejects.toMatchObject({
      code: 'TENANT_UNKNOWN',
      message: expect.stringMatching(/^Not one of the first 1000 lines .*t0.*--create-tenants/u) as string,
    })
    expect(server.count).toBe(0)
    expect(existsSync(`${file}.progress.json`)).toBe(false)
    expect(existsSync(`${file}.rejects.ndjson`)).toBe(false)
    const { counts, createdTenants } = await beginImport(file, server.url, { mapping, createTenants: true })
      .result
    expect(counts).toMatchObject({ appended: count * 2, rejected: 0 })
    expect(createdTenants).toBe(count)
    expect(server.requests.reduce((sum, { tenants }) => sum + tenants, 0)).toBe(count)
    expect(existsSync(`${file}.rejects.ndjson`)).toBe(false)
  })

  test('a file is imported although its first lines name tenants that do not exist', async () => {
    server.knowsTenants = true
    server.tenants.add('t0')
    const unknown = Array.from({ length: 999 }, (_, index) => eventLine(index, { tenant: 'nobody' }))
    const known = Array.from({ length: 10 }, (_, index) => eventLine(index, { tenant: 't0' }))
    writeFileSync(file, [...unknown, ...known].join('\n'))
    const { counts } = await beginImport(file, server.url).result
    expect(counts).toMatchObject({ appended: 10, rejected: 999 })
  })

  test('tenants of plain lines are made too; a name that can be none is left to the server', async () => {
    writeFileSync(file, [eventLine(0), eventLine(1, { tenant: '../x' }), 'no json', eventLine(2)].join('\n'))
    server.knowsTenants = true
    const { counts } = await beginImport(file, server.url, { createTenants: true }).result
    expect([...server.tenants].sort()).toEqual(['t0', 't2'])
    expect(counts).toEqual({ read: 4, appended: 2, duplicates: 0, rejected: 2, skipped: 0 })
  })

  test('a tenant that would take the name of another one ends the import, and none of its lines goes', async () => {
    writeFileSync(file, [eventLine(0), eventLine(1, { tenant: 'Org-1' })].join('\n'))
    server.knowsTenants = true
    server.externalIds.add('org-1')
    await expect(beginImport(file, server.url, { createTenants: true }).result).rejects.toThrow(
      'The slug "org-1" is the external id of the tenant other.',
    )
    expect([...server.tenants, ...server.streams.keys()].filter((name) => /org/iu.test(name))).toEqual([])
  })

  test('a tenant that only looks like another one is not made under its name', async () => {
    writeFileSync(
      file,
      [eventLine(0, { tenant: 'kiosk' }), eventLine(1, { tenant: '\u212aiosk' })].join('\n'),
    )
    server.knowsTenants = true
    const { counts } = await beginImport(file, server.url, { createTenants: true }).result
    expect([...server.tenants]).toEqual(['kiosk'])
    expect(counts).toMatchObject({ rejected: 1 })
  })

  test('with --tenant every event goes there, and the tenant is made first', async () => {
    writeEvents(file, 3)
    server.knowsTenants = true
    const { counts } = await beginImport(file, server.url, { tenant: 'acme', createTenants: true }).result
    expect(counts.appended).toBe(3)
    expect([...server.streams.keys()]).toEqual(['acme/s0', 'acme/s1', 'acme/s2'])
    expect([...server.tenants]).toEqual(['acme'])
  })

  test('a packed file, and a stream without an end in sight', async () => {
    const text = Array.from({ length: 3_000 }, (_, index) => `${eventLine(index)}\n`).join('')
    const packed = join(folder, 'events.ndjson.gz')
    writeFileSync(packed, gzipSync(text))
    expect((await beginImport(packed, server.url).result).counts.appended).toBe(3_000)
    const stream = Readable.from(chunksOf(text, 5_000))
    const { counts } = await beginImport('-', server.url, {
      source: { kind: 'stream', stream },
      progressFile: null,
    }).result
    expect(counts.duplicates).toBe(3_000)
  })

  test.each<[string, string, Partial<Parameters<typeof beginImport>[2]>]>([
    ['lines', Array.from({ length: 300 }, (_, index) => `${eventLine(index)}\n`).join(''), {}],
    [
      'lines, the last one without a line break',
      Array.from({ length: 300 }, (_, index) => eventLine(index)).join('\n'),
      {},
    ],
    [
      'lines for a mapping',
      Array.from({ length: 300 }, (_, index) => `${eventLine(index)}\n`).join(''),
      { mapping: { apply: (row) => row, hash: '' } },
    ],
    [
      'rows',
      `streamId,id,type,text\n${Array.from({ length: 300 }, (_, index) => `s,e${index},t,"a\nb"\n`).join('')}`,
      { format: { kind: 'csv', delimiter: ',' } },
    ],
  ])(
    'a packed file of %s with something else after it: all that is packed is imported, then it says so',
    async (_name, text, job) => {
      const packed = join(folder, 'events.gz')
      for (const garbage of ['garbage', 'x'.repeat(500_000)]) {
        server.clear()
        writeFileSync(packed, Buffer.concat([gzipSync(text), Buffer.from(garbage)]))
        await expect(beginImport(packed, server.url, job).result).rejects.toMatchObject({
          code: 'FILE_BROKEN',
          message: expect.stringMatching(/followed by something else.*\n300 are done/su) as string,
        })
        expect(server.count).toBe(300)
      }
    },
  )

  test('a packed file that is cut off says so; what came before it is there', async () => {
    const packed = join(folder, 'events.ndjson.gz')
    const text = Array.from(
      { length: 3_000 },
      (_, index) => `${eventLine(index, { data: Math.random() })}\n`,
    ).join('')
    writeFileSync(packed, gzipSync(text).subarray(0, -2_000))
    const { result } = beginImport(packed, server.url)
    await expect(result).rejects.toMatchObject({
      code: 'FILE_BROKEN',
      message: expect.stringMatching(/damaged, cut off/u) as string,
    })
    expect(server.count).toBeGreaterThan(0)
  })

  test('a CSV goes by its mapping; a ragged row is rejected', async () => {
    writeFileSync(file, 'id,amount\n1,1.50\n2\n3,"a\nb"\n')
    const mapping = {
      apply: (row: unknown) => ({ streamId: 's', id: (row as { id: string }).id, type: 't', data: row }),
      hash: '',
    }
    const format = { kind: 'csv', delimiter: ',' } as const
    const { counts } = await beginImport(file, server.url, { mapping, format }).result
    expect(counts).toMatchObject({ read: 3, appended: 2, rejected: 1 })
    expect(rejects()).toMatchObject([{ line: 3, code: 'CSV_RAGGED', sourceLine: '2' }])
    expect(server.raw[1]).toContain('"amount":"a\\nb"')
  })

  test.each([
    ['no file', () => undefined, /There is no file/u],
    ['UTF-16', (path: string) => writeFileSync(path, '\uFEFF{}', 'utf16le'), /UTF-16/u],
  ])('%s: one clear line', async (_name, make, message) => {
    make(file)
    await expect(beginImport(file, server.url).result).rejects.toThrow(message)
    expect(server.requests).toEqual([])
  })

  test('a folder in the place of a file', async () => {
    await expect(beginImport(folder, server.url).result).rejects.toThrow(/is a folder/u)
  })

  test('an empty file is an import of nothing', async () => {
    writeFileSync(file, '\n')
    expect((await beginImport(file, server.url).result).counts.read).toBe(0)
    expect(server.requests).toEqual([])
  })

  test('where rejects can not be written it stops at the first', async () => {
    writeFileSync(file, 'no json\n')
    const { result } = beginImport(file, server.url, { rejectsFile: join(file, 'below.ndjson') })
    await expect(result).rejects.toMatchObject({
      code: 'REJECTS_UNWRITABLE',
      message: expect.stringMatching(/--rejects/u) as string,
    })
  })
})
