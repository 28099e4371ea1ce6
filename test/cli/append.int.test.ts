import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startAnswering } from './answering-server.ts'

let folder: string
let server: Awaited<ReturnType<typeof startAnswering>>

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trickle-append-'))
  server = await startAnswering(() => ({
    status: 201,
    json: { streamId: 'cart-1', firstVersion: 3, version: 3, events: [{ id: 'e1', version: 3 }] },
  }))
})
afterEach(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

const fileOf = (content: string | Uint8Array): string => {
  const file = join(folder, 'events')
  writeFileSync(file, content)
  return file
}

describe('trickle append', () => {
  test('data and metadata are sent digit by digit, as they were typed', async () => {
    const data = '{"big": 12345678901234567, "exact": 1.50}'
    const said = ['--type', 'A"B', '--data', data, '--id', 'e1', '--metadata', '{"user":"ada"}']
    const { code, out } = await server.command('append', 'cart-1', ...said)
    expect([code, out]).toEqual([0, 'Appended: version 3 of cart-1 is the event e1.\n'])
    expect(server.seen.map(({ method, url, body }) => [method, url, body])).toEqual([
      [
        'POST',
        '/api/streams/cart-1/events',
        String.raw`{"type":"A\"B","id":"e1","data":${data},"metadata":{"user":"ada"}}`,
      ],
    ])
    expect(JSON.parse((await server.command('append', 'cart-1', ...said, '--json')).out)).toMatchObject({
      version: 3,
    })
  })

  test.each([
    ['none', { 'if-none-match': '*' }],
    ['exists', { 'if-match': '*' }],
    ['5', { 'if-match': '"5"' }],
  ])('--expect %s is sent as the condition of the route, --key as its key', async (expected, headers) => {
    const said = ['--type', 'A', '--data', 'null', '--expect', expected, '--key', 'k1']
    await server.command('append', 'a~b', ...said)
    expect(server.seen[0]?.url).toBe('/api/streams/a~b/events')
    expect(server.seen[0]?.headers).toMatchObject({ ...headers, 'idempotency-key': 'k1' })
  })

  test('with a token that was given, --tenant goes into the header that a service needs', async () => {
    await server.command('append', 's', '--type', 'A', '--data', '1')
    await server.command('append', 's', '--type', 'A', '--data', '1', '--tenant', 'beta')
    expect(server.seen.map(({ headers }) => headers['trickle-tenant'])).toEqual([undefined, 'beta'])
  })

  test.each([
    ['one event', '{"type":"A","data":1.0}\n', '{"type":"A","data":1.0}'],
    ['a list', '[{"type":"A","data":1}]', '{"events":[{"type":"A","data":1}]}'],
    [
      'one a line',
      '{"type":"A","data":1}\r\n\n{"type":"B","data":2}\n',
      '{"events":[{"type":"A","data":1},{"type":"B","data":2}]}',
    ],
  ])('a file holds %s', async (_, content, body) => {
    const { code } = await server.command('append', 'cart-1', fileOf(content))
    expect([code, server.seen[0]?.body]).toEqual([0, body])
  })

  test('--data @FILE reads the data from a file', async () => {
    await server.command('append', 'cart-1', '--type', 'A', '--data', `@${fileOf('{"a": 1}\n')}`)
    expect(server.seen[0]?.body).toBe('{"type":"A","data":{"a": 1}}')
  })

  test.each([
    [['append'], 'STREAM: the id of a stream'],
    [['append', 's'], '--type TYPE: what happened'],
    [['append', 's'], `Example: npx trickle append cart-17 --type ItemAdded --data '{"sku"`],
    [['append', 's', '--type', 'A'], '--data JSON: any JSON value'],
    [['append', 's', '--type', 'A', '--data', '{a:1}'], 'line 1, column 2'],
    [['append', 's', '--type', 'A', '--data', '{a:1}'], '--data - reads it from standard input'],
    [['append', 's', '--type', 'A', '--data', '1', '--metadata', '{'], '--metadata takes JSON'],
    [['append', 's', '--type', 'A', '--data', '1', '--expect', 'new'], '--expect takes a version'],
    [['append', 's', '-', '--type', 'A'], 'Either EVENTS or --type'],
    [['append', 's', '/nowhere/at/all'], 'The file /nowhere/at/all can'],
    [['append', 's', '--type', 'A', '--data', '@/nowhere'], 'The file /nowhere can'],
  ])('%j is wrong usage, and nothing is sent', async (words, hint) => {
    const { code, error } = await server.command(...words)
    expect([code, error]).toEqual([2, expect.stringContaining(hint)])
    expect(server.seen).toEqual([])
  })

  test.each([
    ['', 'There are no events'],
    ['{"type":"A"}\n{"type":\n', 'Line 2 of the events is no JSON'],
    ['type,data\nA,1\n', 'neither a JSON document nor one a line'],
    [new Uint8Array([0xff, 0xfe, 0x7b, 0]), 'is not UTF-8'],
    [new Uint8Array(16 * 1024 * 1024 + 1).fill(32), 'is larger than 16 MiB'],
  ])('a file that holds no events is refused, with what and where', async (content, hint) => {
    const { code, error } = await server.command('append', 's', fileOf(content))
    expect([code, error]).toEqual([2, expect.stringContaining(hint)])
    expect(server.seen).toEqual([])
  })
})
