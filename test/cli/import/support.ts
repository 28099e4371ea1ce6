import { writeFileSync } from 'node:fs'
import type { SourceRecord } from '../../../cli/import/entries.ts'
import { createReporter, inspectFile, runImport, targetOf } from '../../../cli/import/index.ts'
import type { ImportJob, ImportResult } from '../../../cli/import/index.ts'

/** Pieces of some length, as a stream would bring them. */
export async function* chunksOf(text: Buffer | string, length: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text)
  for (let from = 0; from < bytes.length; from += length) {
    yield await Promise.resolve(bytes.subarray(from, from + length))
  }
}

export async function collect<T>(blocks: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = []
  for await (const block of blocks) all.push(...block)
  return all
}

/** A record of an NDJSON file, for tests that have none. */
export function lineRecord(text: string, row = 1): SourceRecord {
  const bytes = Buffer.from(text)
  const end = { lines: row, bytes: bytes.length }
  return { line: row, row, end, consumedBytes: bytes.length, content: { kind: 'line', bytes } }
}

/** An event as a line, in one of a few streams. */
export function eventLine(index: number, more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    tenant: `t${index % 3}`,
    streamId: `s${index % 7}`,
    id: `e${index}`,
    type: 'made',
    data: { index },
    ...more,
  })
}

export function writeEvents(file: string, count: number, more: Readonly<Record<string, unknown>> = {}): void {
  writeFileSync(file, Array.from({ length: count }, (_, index) => `${eventLine(index, more)}\n`).join(''))
}

export interface TestImport {
  readonly result: Promise<ImportResult>
  readonly notes: string[]
}

/** An import of a file as the command starts it, into a server of the test. */
export function beginImport(
  file: string,
  url: string,
  job: Partial<ImportJob> & { createTenants?: boolean; token?: string } = {},
): TestImport {
  const notes: string[] = []
  const { createTenants = false, tenant = null, token = 'any', ...rest } = job
  const run = async (): Promise<ImportResult> =>
    await runImport({
      source: rest.source ?? { kind: 'file', file: await inspectFile(file) },
      format: { kind: 'ndjson', delimiter: '' },
      mapping: null,
      target: targetOf({ home: '/nowhere', url, token, tenant, createTenants }),
      tenant,
      rejectsFile: `${file}.rejects.ndjson`,
      progressFile: `${file}.progress.json`,
      restart: false,
      retryForMs: 20_000,
      reporter: createReporter({
        isTerminal: false,
        columns: 80,
        write: (text) => notes.push(text.trimEnd()),
        clearLine: () => undefined,
      }),
      signal: new AbortController().signal,
      ...rest,
    })
  return { result: run(), notes }
}
