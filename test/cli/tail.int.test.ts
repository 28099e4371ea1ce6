import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startAnswering } from './answering-server.ts'

const event = (version: number) => ({
  id: `e${version}`,
  streamId: 'cart-1',
  version,
  type: 'ItemAdded',
  recordedAt: '2026-11-21T14:30:00.000001Z',
  data: { quantity: version },
})

let answers: { status: number; json: unknown }[]
let server: Awaited<ReturnType<typeof startAnswering>>

const page = (next: string, ...events: unknown[]) => ({ status: 200, json: { events, next } })

beforeEach(async () => {
  answers = []
  server = await startAnswering(() => answers.shift() ?? page('end'))
})
afterEach(() => {
  server.close()
})

const asked = (): Record<string, string>[] =>
  server.seen.map(({ url }) => Object.fromEntries(new URL(url, 'http://x').searchParams))

describe('trickle tail', () => {
  test('it begins at the end, and waits for what comes after the point that it has', async () => {
    answers = [page('a'), page('b'), page('c', event(1), event(2))]
    const { code, out } = await server.command('tail', '--count', '2')
    expect(code).toBe(0)
    expect(out).toBe(
      '2026-11-21T14:30:00.000001Z  cart-1 1  ItemAdded  {"quantity":1}\n' +
        '2026-11-21T14:30:00.000001Z  cart-1 2  ItemAdded  {"quantity":2}\n',
    )
    expect(asked()).toEqual([
      { since: '9999-01-01T00:00:00Z', limit: '2' },
      { after: 'a', wait: '25', limit: '2' },
      { after: 'b', wait: '25', limit: '2' },
    ])
  })

  test('--beginning shows what is there, --since what was recorded since then', async () => {
    answers = [page('a', event(1)), page('a', event(1)), page('a', event(1))]
    await server.command('tail', '--beginning', '--count', '1')
    await server.command('tail', '--since', '2026-11-21T15:30:00+01:00', '--count', '1')
    await server.command('tail', '--since', '10m', '--count', '1')
    const [first, second, third] = asked()
    expect(first).toEqual({ limit: '1' })
    expect(second).toMatchObject({ since: expect.stringMatching(/^2026-11-21T14:30:00/u) })
    const ageMs = Date.now() - Date.parse(third?.['since'] ?? '')
    expect(ageMs).toBeGreaterThanOrEqual(600_000)
    expect(ageMs).toBeLessThan(660_000)
  })

  test('with --json each line is one event, and its numbers keep their digits', async () => {
    answers = [page('a', event(1), event(2))]
    const { out } = await server.command('tail', '--beginning', '--count', '2', '--json')
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([event(1), event(2)])
  })

  test('filters go with every page', async () => {
    answers = [page('a'), page('b', event(1))]
    await server.command('tail', '--type', 'A', '--type', 'B', '--stream-type', 'cart', '--count', '1')
    for (const { url } of server.seen) {
      const { searchParams } = new URL(url, 'http://x')
      expect([searchParams.getAll('type'), searchParams.getAll('streamType')]).toEqual([['A', 'B'], ['cart']])
    }
    expect(server.seen).toHaveLength(2)
  })

  test('while the server is away it goes on at the same point, and shows no event twice', async () => {
    answers = [
      page('a', event(1)),
      { status: 503, json: { code: 'DATABASE_UNAVAILABLE', detail: 'away' } },
      { status: 502, json: 'a gateway' },
      page('b', event(2)),
    ]
    const { code, out, error } = await server.command('tail', '--beginning', '--count', '2')
    expect(code).toBe(0)
    expect(out.match(/cart-1 \d/gu)).toEqual(['cart-1 1', 'cart-1 2'])
    expect(error).toContain('Trying again')
    expect(
      asked()
        .slice(1)
        .map(({ after }) => after),
    ).toEqual(['a', 'a', 'a'])
  })

  test('what does not pass ends it, and so does a first request that fails', async () => {
    answers = [page('a'), { status: 410, json: { code: 'EPOCH_ENDED', detail: 'The log was restored.' } }]
    expect(await server.command('tail')).toMatchObject({
      code: 1,
      error: '410 EPOCH_ENDED: The log was restored.\n',
    })
    answers = [{ status: 503, json: { code: 'DATABASE_UNAVAILABLE', detail: 'away' } }]
    expect((await server.command('tail')).code).toBe(1)
    expect(server.seen).toHaveLength(3)
  })

  test.each([
    [['--count', '0'], '--count takes a whole number'],
    [['--since', 'yesterday'], '--since takes a time such as 10m'],
    [['--since', '10m', '--beginning'], 'exclude each other'],
    [['cart-17'], 'Unexpected argument: cart-17'],
  ])('%j is wrong usage, and nothing is asked', async (words, hint) => {
    const { code, error } = await server.command('tail', ...words)
    expect([code, error]).toEqual([2, expect.stringContaining(hint)])
    expect(server.seen).toEqual([])
  })
})
