import { afterEach, beforeEach, expect, test } from 'vitest'
import { startAnswering } from './answering-server.ts'

const key = {
  id: '5f3a90c1',
  state: 'waiting',
  sealsFrom: '2026-11-21T17:36:57Z',
  reason: 'once a year',
  addedAt: '2026-11-21T17:35:57Z',
}

let server: Awaited<ReturnType<typeof startAnswering>>
const sealKeys = (...words: string[]) => server.command('seal-keys', ...words)

beforeEach(async () => {
  server = await startAnswering(({ method, url }) =>
    method === 'GET'
      ? { status: 200, json: { keys: [key] } }
      : url.endsWith('/remove')
        ? { status: 200, json: { removed: key.id } }
        : { status: 201, json: key },
  )
})
afterEach(() => server.close())

test('trickle seal-keys lists keys, adds one, and removes one that was named', async () => {
  const list = await sealKeys('list')
  expect(list.code).toBe(0)
  expect(list.out).toContain('once a year')
  expect(await sealKeys('add', '--reason', 'once a year')).toMatchObject({
    code: 0,
    out: 'Added 5f3a90c1; it seals from 2026-11-21T17:36:57Z\n',
  })
  expect(await sealKeys('remove', key.id, '--yes')).toMatchObject({ code: 0, out: 'Removed 5f3a90c1\n' })
  expect(server.seen.map(({ method, url, body }) => [method, url, body])).toEqual([
    ['GET', '/api/operations/log/seal-keys', ''],
    ['POST', '/api/operations/log/seal-keys', '{"reason":"once a year"}'],
    ['POST', '/api/operations/log/seal-keys/5f3a90c1/remove', ''],
  ])
  const keys = server.seen.slice(1).map(({ headers }) => headers['idempotency-key'])
  expect(new Set(keys).size).toBe(2)
})

test.each([
  [['add'], '--reason TEXT: for those who read'],
  [['add', '5f3a90c1', '--reason', 'x'], 'Unexpected argument: 5f3a90c1'],
  [['remove'], 'ID: the id of a key'],
  [['remove', '5f3a90c1'], 'Say --yes'],
  [['list', '--yes'], '--yes belongs to seal-keys remove'],
  [['remove', '5f3a90c1', '--yes', '--reason', 'x'], '--reason belongs to seal-keys add'],
  [['rotate'], 'Unknown subcommand: seal-keys rotate.'],
])('trickle seal-keys %s sends nothing', async (words, expected) => {
  const { code, error } = await sealKeys(...words)
  expect(code).not.toBe(0)
  expect(error).toContain(expected)
  expect(server.seen).toEqual([])
})
