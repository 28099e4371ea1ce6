import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startAnswering } from './answering-server.ts'

const VERSIONS = 5

/** A stream of five events, which is read page by page as the server does it. */
function pageOf(url: string) {
  const query = new URL(url, 'http://x').searchParams
  const isBackward = query.get('direction') === 'backward'
  const all = Array.from({ length: VERSIONS }, (_, index) => index + 1)
  const ordered = isBackward ? all.toReversed() : all
  const from = Number(query.get('from') ?? ordered[0])
  const rest = ordered.filter((version) => (isBackward ? version <= from : version >= from))
  // Pages of two at most, so that several are needed.
  const shown = rest.slice(0, Math.min(2, Number(query.get('limit'))))
  const events = shown.map((version) => ({
    id: `e${version}`,
    streamId: 'cart-1',
    version,
    type: 'ItemAdded',
    recordedAt: '2026-11-21T14:30:00.000001Z',
    data: version,
  }))
  return { status: 200, json: { events, next: rest[shown.length] ?? null } }
}

let server: Awaited<ReturnType<typeof startAnswering>>
beforeEach(async () => {
  server = await startAnswering(({ url }) => pageOf(url))
})
afterEach(() => {
  server.close()
})

const versionsOf = (out: string): number[] =>
  [...out.matchAll(/^ +(\d+) {2}/gmu)].map(([, version]) => Number(version))

describe('trickle read', () => {
  test('it reads as many pages as it needs, and says nothing of more where there is no more', async () => {
    const { code, out } = await server.command('read', 'cart-1')
    expect([code, versionsOf(out)]).toEqual([0, [1, 2, 3, 4, 5]])
    expect(out).toMatch(/\(5 events\)\n$/u)
    expect((await server.command('read', 'cart-1', '--limit', '5')).out).toMatch(/\(5 events\)\n$/u)
  })

  test('where there are more, it says from where to go on', async () => {
    const { out } = await server.command('read', 'cart-1', '--limit', '3')
    expect(versionsOf(out)).toEqual([1, 2, 3])
    expect(out).toMatch(/\(3 events\)\nThere are more\. .*--from 4\n$/u)
    expect(versionsOf((await server.command('read', 'cart-1', '--from', '4')).out)).toEqual([4, 5])
    const back = await server.command('read', 'cart-1', '--backward', '--limit', '1', '--json')
    expect(JSON.parse(back.out)).toMatchObject({ events: [{ version: 5 }], next: 4 })
  })

  test('types are sent with every page', async () => {
    await server.command('read', 'cart-1', '--type', 'A', '--type', 'B')
    expect(server.seen.length).toBeGreaterThan(1)
    for (const { url } of server.seen)
      expect(new URL(url, 'http://x').searchParams.getAll('type')).toEqual(['A', 'B'])
  })

  test.each([
    [['read'], 'STREAM: the id of a stream, such as cart-17'],
    [['read', 's', '--limit', '0'], '--limit takes a whole number from 1 to 10000'],
    [['read', 's', '--from', '0'], '--from takes a whole number'],
  ])('%j is wrong usage, and nothing is asked', async (words, hint) => {
    const { code, error } = await server.command(...words)
    expect([code, error]).toEqual([2, expect.stringContaining(hint)])
    expect(server.seen).toEqual([])
  })
})
