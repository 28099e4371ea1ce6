import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { beginImport } from '../../cli/import/support.ts'
import { eventually } from '../../support/local-run.ts'
import { event, linesOf, openImportRoute } from './import-route.ts'
import type { ImportRoute } from './import-route.ts'

let send: ImportRoute['send']
let importText: ImportRoute['importText']
let exported: ImportRoute['exported']
let append: ImportRoute['append']
let folder: string
let served: ImportRoute['served']

beforeAll(async () => {
  ;({ served, send, importText, exported, append } = await openImportRoute(['from', 'to']))
  folder = mkdtempSync(join(tmpdir(), 'trickle-import-exported-'))
})
afterAll(async () => {
  await served.stop()
  rmSync(folder, { recursive: true })
})

describe('what was exported', () => {
  /** What an import gives itself. */
  const kept = (text: string): Record<string, unknown>[] =>
    linesOf(text).map(({ recordedAt: _recordedAt, ...rest }) => rest)

  /** A feed once it shows that many events: on a server that others use, too, its end may be held for a moment. */
  const exportedFeed = (tenant: string, events: number): Promise<string> =>
    eventually(async () => {
      const text = await exported(tenant, '/api/events')
      return linesOf(text).length === events + 1 ? text : undefined
    })

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
    const text = await exportedFeed('from', 5)
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
      expect(kept(await exportedFeed(slug, 5)).slice(0, -1)).toEqual(kept(text).slice(0, -1))
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
