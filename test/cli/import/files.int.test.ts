import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { readFile as readFileAsync } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { noCounts } from '../../../cli/import/entries.ts'
import { loadMapping } from '../../../cli/import/mapping.ts'
import { progressFileOf, readProgress, writeProgress } from '../../../cli/import/progress.ts'
import type { ImportIdentity, Progress } from '../../../cli/import/progress.ts'
import { RejectsFile } from '../../../cli/import/rejects-file.ts'
import { lineRecord } from './support.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trickle-import-files-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

describe('the progress of an import', () => {
  const identity: ImportIdentity = {
    path: '/data/events.ndjson',
    sizeBytes: 100,
    modifiedMs: 1.5,
    firstBlockSha256: 'abc',
    format: { kind: 'ndjson', delimiter: '' },
    mapping: null,
    target: 'home:/h',
    tenant: null,
  }
  const progress: Progress = {
    schemaVersion: 1,
    identity,
    position: { row: 5, lines: 6, bytes: 70 },
    counts: { ...noCounts, read: 5, appended: 5 },
    seconds: 1.25,
    rejectsBytes: 0,
    anchorRow: 1,
    sentAgain: 0,
  }

  test('what is written is read again, and nothing else is left', () => {
    const path = join(folder, 'imports', 'progress.json')
    expect(readProgress(path, identity)).toEqual({ kind: 'none' })
    writeProgress(path, progress)
    writeProgress(path, { ...progress, seconds: 2 })
    expect((statSync(path).mode & 0o777).toString(8)).toBe('600')
    expect(readProgress(path, identity)).toEqual({ kind: 'progress', progress: { ...progress, seconds: 2 } })
    expect(readdirSync(join(folder, 'imports'))).toEqual(['progress.json'])
  })

  test.each<[string, Partial<ImportIdentity>, RegExp]>([
    ['another size', { sizeBytes: 101 }, /file has changed/u],
    ['another time', { modifiedMs: 2 }, /file has changed/u],
    ['another beginning', { firstBlockSha256: 'abd' }, /file has changed/u],
    ['another mapping', { mapping: 'm' }, /mapping has changed/u],
    ['another delimiter', { format: { kind: 'csv', delimiter: ';' } }, /another format/u],
    ['another target', { target: 'https://x' }, /another target/u],
    ['another tenant', { tenant: 'acme' }, /another target/u],
  ])('it is no use for %s', (_name, change, reason) => {
    const path = join(folder, 'progress.json')
    writeProgress(path, progress)
    expect(readProgress(path, { ...identity, ...change })).toEqual({
      kind: 'useless',
      reason: expect.stringMatching(reason) as string,
    })
  })

  test.each([
    ['half of it', '{"schemaVersion":1,"ident', /not JSON/u],
    ['of another version', '{"schemaVersion":2}', /not of the form/u],
    ['empty', '', /not JSON/u],
  ])('a file that is %s is no use, and no error', (_name, text, reason) => {
    const path = join(folder, 'progress.json')
    writeFileSync(path, text)
    expect(readProgress(path, identity)).toEqual({
      kind: 'useless',
      reason: expect.stringMatching(reason) as string,
    })
  })

  test('where it can not be written, the option is named', () => {
    writeFileSync(join(folder, 'imports'), 'a file in the way')
    expect(() => writeProgress(join(folder, 'imports', 'p.json'), progress)).toThrow(/--progress FILE/u)
  })

  test('each input and target has a file of its own', () => {
    const files = [
      progressFileOf('/h', '/a/events.ndjson', 'home:/h', null),
      progressFileOf('/h', '/b/events.ndjson', 'home:/h', null),
      progressFileOf('/h', '/a/events.ndjson', 'https://x', null),
      progressFileOf('/h', '/a/events.ndjson', 'home:/h', 'acme'),
    ]
    expect(new Set(files).size).toBe(4)
    for (const file of files)
      expect(file).toMatch(/^\/h\/imports\/events\.ndjson\.[0-9a-f]{12}\.progress\.json$/u)
  })
})

describe('what tells one mapping from another', () => {
  afterEach(() => {
    vi.unstubAllEnvs()
  })

  test('its text, and the variables that mappings may read', async () => {
    const path = join(folder, 'mapping.mjs')
    const hash = async (text: string): Promise<string> => {
      writeFileSync(path, text)
      return (await loadMapping(path)).hash
    }
    const first = await hash('export default (row) => row')
    expect(await hash('export default (row) => row')).toBe(first)
    expect(await hash('export default (row) => ({ ...row })')).not.toBe(first)
    vi.stubEnv('TRICKLE_OTHER', 'x')
    expect(await hash('export default (row) => row')).toBe(first)
    vi.stubEnv('TRICKLE_MAP_TYPE', 'x')
    expect(await hash('export default (row) => row')).not.toBe(first)
  })
})

describe('the file of rejects', () => {
  const reject = (row: number) => ({ record: lineRecord(`{"n":"é${row}"}`, row), code: 'X', detail: 'why' })

  test('it is made when there is a first reject, and replaces that of an earlier import', () => {
    const path = join(folder, 'deep', 'rejects.ndjson')
    const none = new RejectsFile(path, 0)
    none.flush()
    none.close()
    expect(existsSync(path)).toBe(false)
    mkdirSync(join(folder, 'deep'))
    writeFileSync(path, 'old\n')
    const rejects = new RejectsFile(path, 0)
    expect(existsSync(path)).toBe(false)
    rejects.add(reject(3))
    rejects.flush()
    rejects.close()
    const text = readFileSync(path, 'utf8')
    expect(JSON.parse(text)).toEqual({ line: 3, row: 3, code: 'X', detail: 'why', sourceLine: '{"n":"é3"}' })
    expect(rejects.bytes).toBe(Buffer.byteLength(text))
  })

  test('a run that goes on keeps what was told of, and cuts off what was not', () => {
    const path = join(folder, 'rejects.ndjson')
    const first = new RejectsFile(path, 0)
    first.add(reject(1))
    const { bytes } = first
    first.add(reject(2))
    first.flush()
    first.close()
    const second = new RejectsFile(path, bytes)
    second.add(reject(2))
    second.add(reject(3))
    second.flush()
    second.close()
    const lines = readFileSync(path, 'utf8').trim().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { row: number }).row)).toEqual([1, 2, 3])
  })

  const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)

  test('only its owner may read it, whatever the mask, and however it was made', () => {
    const before = process.umask(0)
    try {
      const path = join(folder, 'rejects.ndjson')
      const first = new RejectsFile(path, 0)
      first.add(reject(1))
      first.flush()
      first.close()
      expect(modeOf(path)).toBe('600')
      chmodSync(path, 0o644)
      const second = new RejectsFile(path, first.bytes)
      second.add(reject(2))
      second.flush()
      second.close()
      expect(modeOf(path)).toBe('600')
      expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(2)
    } finally {
      process.umask(before)
    }
  })

  test('a place that is no file, such as a pipe or a device, is written to, and neither removed nor closed to others', async () => {
    const path = join(folder, 'pipe')
    execFileSync('mkfifo', ['-m', '644', path])
    const seen = readFileAsync(path, 'utf8')
    const rejects = new RejectsFile(path, 10)
    rejects.add(reject(1))
    rejects.flush()
    rejects.close()
    expect(await seen).toContain('"line":1')
    expect(modeOf(path)).toBe('644')
  })

  test('a terminal may show it: what would drive one is escaped, and the JSON is the same', () => {
    const path = join(folder, 'rejects.ndjson')
    const rejects = new RejectsFile(path, 0)
    const odd = 'a\u001B[2J\u009B2J\u007F\u202E\u2066b'
    rejects.add({ record: lineRecord(odd), code: 'X', detail: odd })
    rejects.flush()
    rejects.close()
    const text = readFileSync(path, 'utf8')
    expect(text).toMatch(/^[\x20-\x7e]*\n$/u)
    expect(JSON.parse(text)).toMatchObject({ detail: odd, sourceLine: odd })
  })

  test('a very long line is cut', () => {
    const path = join(folder, 'rejects.ndjson')
    const rejects = new RejectsFile(path, 0)
    rejects.add({ ...reject(1), record: lineRecord('x'.repeat(100_000)) })
    rejects.flush()
    rejects.close()
    expect(readFileSync(path, 'utf8').length).toBeLessThan(66_000)
  })
})
