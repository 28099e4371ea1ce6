import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { beginImport } from '../../cli/import/support.ts'
import { serveEventRoutes, type ServedRoutes } from './served-routes.ts'

let served: ServedRoutes
let folder: string

beforeAll(async () => {
  served = await serveEventRoutes()
  folder = mkdtempSync(join(tmpdir(), 'trickle-import-route-'))
  for (const slug of ['from', 'to', 'lines', 'types', 'refused', 'command'])
    await served.database.tenant(slug)
})
afterAll(async () => {
  await served.stop()
  rmSync(folder, { recursive: true })
})

interface Outcome {
  readonly line: number
  readonly outcome: string
  readonly code?: string
  readonly detail?: string
}

async function send(
  path: string,
  token: string,
  init: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> } = {},
): Promise<string> {
  const response = await fetch(`${served.url}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${token}`, ...init.headers },
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${response.status} ${text}`)
  return text
}

const linesOf = (text: string): Record<string, unknown>[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

async function importText(tenant: string, body: string | Uint8Array): Promise<Outcome[]> {
  const headers = { 'content-type': 'application/x-ndjson' }
  const text = await send('/api/imports/events', `writer@${tenant}`, {
    method: 'POST',
    headers,
    body: body as string,
  })
  return text === '' ? [] : (linesOf(text) as unknown as Outcome[])
}

const exported = async (tenant: string, path: string): Promise<string> =>
  await send(path, `reader@${tenant}`, { headers: { accept: 'application/x-ndjson' } })

async function append(tenant: string, streamId: string, json: unknown, more: Record<string, string> = {}) {
  const headers = { 'content-type': 'application/json', ...more }
  await send(`/api/streams/${streamId}/events`, `writer@${tenant}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(json),
  })
}

const event = (id: string, more: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({ streamId: 's', id, type: 'T', data: 1, ...more })

describe('every line of an import', () => {
  it.each([
    ['in the middle', (odd: string) => `${event('m1')}\n${odd}\n${event('m2')}\n`, [1, 2, 3]],
    ['at the end', (odd: string) => `${event('e1')}\n${odd}\n`, [1, 2]],
    ['at the end, without a line break', (odd: string) => `${event('b1')}\n${odd}`, [1, 2]],
  ])('has its own outcome: garbage %s', async (_name, textOf, numbers) => {
    for (const odd of [
      '\0',
      '\0'.repeat(100),
      `${event('n')}\0\0`,
      '\v',
      '\f',
      '\u00a0',
      '\x1a',
      '[',
      'null',
    ]) {
      const outcomes = await importText('lines', textOf(odd))
      expect(outcomes.map(({ line }) => line)).toEqual(numbers)
      expect(outcomes[1]).toMatchObject({ outcome: 'rejected' })
      expect(outcomes.filter(({ outcome }) => outcome === 'rejected')).toHaveLength(1)
    }
  })

  it('is none when it is blank, at any length', async () => {
    const blank = `${' '.repeat(70)}\n\t\r\n${' \t'.repeat(1_000_000)}\n\n`
    const outcomes = await importText(
      'lines',
      `${blank}${event('blank-1')}\n${blank}${event('blank-2')}\n${' '.repeat(70)}`,
    )
    expect(outcomes).toEqual([
      { line: 5, outcome: 'appended' },
      { line: 10, outcome: 'appended' },
    ])
    expect(await importText('lines', blank)).toEqual([])
  })

  it.each([
    ['as it is', null],
    ['by a mapping', { apply: (row: unknown) => row, hash: 'same' }],
  ])('is counted once by the command, %s', async (name, mapping) => {
    const file = join(folder, `${name}.ndjson`)
    const lines = [
      event(`c1 ${name}`),
      '\0',
      `${event('c2')}\0\0`,
      ' '.repeat(70),
      event(`c3 ${name}`),
      '\v',
      '\0\0\0',
    ]
    writeFileSync(file, lines.join('\n'))
    const { result } = beginImport(file, served.url, { token: 'writer@command', mapping })
    expect((await result).counts).toEqual({ read: 6, appended: 2, duplicates: 0, rejected: 4, skipped: 0 })
    const rejects = linesOf(readFileSync(`${file}.rejects.ndjson`, 'utf8'))
    expect(rejects.map(({ line, code }) => [line, code])).toEqual(
      [2, 3, 6, 7].map((line) => [line, 'MALFORMED_JSON']),
    )
  })
})

describe('an event that the database refuses', () => {
  it('is rejected alone with the reason, by a tenant and by an operator; the others of its batch go in, in order', async () => {
    const admin = await served.database.client('admin')
    await admin.query(
      `alter table trickle_events_log.events add constraint test_only_no_odd check (type <> 'Odd')`,
    )
    const body = Array.from({ length: 1_200 }, (_, index) =>
      event(`r${index}`, index % 250 === 7 ? { type: 'Odd' } : {}),
    )
    const outcomes = await importText('refused', body.join('\n'))
    expect(outcomes.map(({ line }) => line)).toEqual(body.map((_, index) => index + 1))
    const refused = outcomes.filter(({ outcome }) => outcome !== 'appended')
    expect(refused).toEqual(
      [8, 258, 508, 758, 1_008].map((line) => ({
        line,
        outcome: 'rejected',
        code: 'VALIDATION_FAILED',
        detail: 'The database refuses this event: constraint test_only_no_odd (SQLSTATE 23514).',
      })),
    )
    const ids = linesOf(await exported('refused', '/api/streams/s/events')).slice(0, -1)
    expect(ids.map(({ id }) => id)).toEqual(
      body.map((_, index) => `r${index}`).filter((_, index) => index % 250 !== 7),
    )
  })
})

describe('the type of a stream', () => {
  it('is set by the first line that claims one; a line that claims another is rejected alone', async () => {
    const body = [
      event('t1'),
      event('t2', { streamType: 'order' }),
      event('t3', { streamType: 'cart' }),
      event('t4'),
      event('t5', { streamType: 'order' }),
    ]
    const outcomes = await importText('types', body.join('\n'))
    expect(outcomes.map(({ outcome }) => outcome)).toEqual([
      'appended',
      'appended',
      'rejected',
      'appended',
      'appended',
    ])
    expect(outcomes[2]).toMatchObject({
      code: 'STREAM_TYPE_MISMATCH',
      detail: 'The stream s has the type order; this line claims "cart".',
    })
    const events = linesOf(await exported('types', '/api/streams/s/events'))
    expect(events.slice(0, -1).map(({ id, streamType }) => [id, streamType])).toEqual([
      ['t1', undefined],
      ['t2', 'order'],
      ['t4', 'order'],
      ['t5', 'order'],
    ])
    const again = await importText('types', body.join('\n'))
    expect(again.map(({ outcome }) => outcome)).toEqual([
      'duplicate',
      'duplicate',
      'rejected',
      'duplicate',
      'duplicate',
    ])
  })

  it('is that of the stream, however it came to it', async () => {
    await append('types', 'typed', { events: [{ id: 'a1', type: 'T', data: 1 }], streamType: 'order' })
    await append('types', 'untyped', { events: [{ id: 'a2', type: 'T', data: 1 }] })
    const outcomes = await importText(
      'types',
      [
        event('x1', { streamId: 'typed', streamType: 'cart' }),
        event('x1', { streamId: 'typed', streamType: 'order' }),
        event('a2', { streamId: 'untyped', streamType: 'order' }),
        event('x2', { streamId: 'untyped', streamType: 'order' }),
        event('x3', { streamId: 'typed', streamType: '' }),
      ].join('\n'),
    )
    // The claim of x2 is there for the whole batch, as it would be after it.
    expect(outcomes.map(({ outcome, code = '' }) => `${outcome} ${code}`.trim())).toEqual([
      'rejected STREAM_TYPE_MISMATCH',
      'appended',
      'duplicate',
      'appended',
      'rejected VALIDATION_FAILED',
    ])
    const [alone] = await importText('types', event('a1', { streamId: 'typed', streamType: 'cart' }))
    expect(alone).toMatchObject({ code: 'STREAM_TYPE_MISMATCH' })
    await append('types', 'bare', { events: [{ id: 'a3', type: 'T', data: 1 }] })
    const [none] = await importText('types', event('a3', { streamId: 'bare', streamType: 'order' }))
    expect(none).toMatchObject({
      code: 'STREAM_TYPE_MISMATCH',
      detail: expect.stringContaining('no type') as string,
    })
  })
})

describe('what was exported', () => {
  /** What an import gives anew. */
  const kept = (text: string): Record<string, unknown>[] =>
    linesOf(text).map(({ recordedAt: _recordedAt, ...rest }) => rest)

  beforeAll(async () => {
    const trace = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' }
    await append('from', 'plain', { events: [{ type: 'T', data: null }] })
    await append(
      'from',
      'plain',
      { events: [{ type: 'T', data: [1.1, '12345678901234567'] }], streamType: 'late' },
      trace,
    )
    await append('from', 'full', {
      events: [
        {
          id: 'f "1"',
          source: 'urn:x',
          type: 'Ä\u202e',
          time: '2020-02-29T12:00:00.000001+02:00',
          data: { deep: { n: 1e300, text: 'a\nb' } },
          metadata: { user: 'ada' },
          schemaVersion: 7,
          correlationId: 'c',
          causationId: 'd',
        },
        { id: 'f2', type: 'T', data: {}, metadata: {} },
      ],
      streamType: 'order',
    })
    await append('from', 'plain', { events: [{ type: 'T', data: 'last' }] })
  })

  it('imports again, stream by stream, and is exported as the same', async () => {
    for (const stream of ['plain', 'full']) {
      const path = `/api/streams/${stream}/events`
      const text = await exported('from', path)
      const outcomes = await importText('to', text)
      expect(outcomes.slice(0, -1).map(({ outcome }) => outcome)).toEqual(
        linesOf(text)
          .slice(0, -1)
          .map(() => 'appended'),
      )
      expect(outcomes.at(-1)).toEqual({ line: outcomes.length, outcome: 'skipped' })
      expect(kept(await exported('to', path))).toEqual(kept(text))
      expect((await importText('to', text)).slice(0, -1).map(({ outcome }) => outcome)).not.toContain(
        'appended',
      )
      const infoOf = async (tenant: string) =>
        (JSON.parse(await send(`/api/streams/${stream}`, `reader@${tenant}`)) as { streamType: unknown })
          .streamType
      expect(await infoOf('to')).toBe(await infoOf('from'))
    }
  })

  it('imports again as a whole feed, by the command, with a tenant of its own and without', async () => {
    const text = await exported('from', '/api/events')
    const file = join(folder, 'feed.ndjson')
    writeFileSync(file, text)
    for (const [token, tenant] of [
      ['operator', 'feed-by-operator'],
      ['writer@feed-by-tenant', null],
    ] as const) {
      const slug = tenant ?? 'feed-by-tenant'
      await served.database.tenant(slug)
      const { result } = beginImport(file, served.url, { token, tenant })
      expect((await result).counts).toEqual({ read: 6, appended: 5, duplicates: 0, rejected: 0, skipped: 1 })
      expect(kept(await exported(slug, '/api/events')).slice(0, -1)).toEqual(kept(text).slice(0, -1))
    }
  })

  it('that broke off says so, and a line that only looks like its end is refused', async () => {
    const outcomes = await importText(
      'to',
      [
        '{"error":{"code":"DATABASE_BUSY","status":503}}',
        '{"next":null,"more":1}',
        '{"next":{}}',
        '{"next":"abc"}',
      ].join('\n'),
    )
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['rejected', 'rejected', 'rejected', 'skipped'])
    expect(outcomes[0]?.detail).toContain('broke off here (DATABASE_BUSY)')
  })

  it.each([
    ['version', 'x'],
    ['version', 0],
    ['recordedAt', 5],
    ['traceParent', 'my trace'],
    ['position', 5],
  ])('does not hide a mistake: %s %j is refused', async (name, value) => {
    const [outcome] = await importText('to', event('strange', { [name]: value }))
    expect(outcome).toMatchObject({
      code: 'VALIDATION_FAILED',
      detail: expect.stringContaining(name) as string,
    })
  })
})
