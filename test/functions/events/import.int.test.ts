import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { beginImport } from '../../cli/import/support.ts'
import { event, linesOf, openImportRoute } from './import-route.ts'
import type { ImportRoute } from './import-route.ts'

let importText: ImportRoute['importText']
let exported: ImportRoute['exported']
let append: ImportRoute['append']
let folder: string
let served: ImportRoute['served']

beforeAll(async () => {
  ;({ served, importText, exported, append } = await openImportRoute([
    'lines',
    'types',
    'refused',
    'command',
  ]))
  folder = mkdtempSync(join(tmpdir(), 'trickle-import-route-'))
})
afterAll(async () => {
  await served.stop()
  rmSync(folder, { recursive: true })
})

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
