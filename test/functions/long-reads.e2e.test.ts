import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApi } from '../support/api.ts'
import type { Api } from '../support/api.ts'

let api: Api

/** Streams of the tenant: `many` has more events than a page holds, of two types; `orders` has a type. */
const COUNT = 2_300

beforeAll(async () => {
  api = await startApi()
  for (let written = 0; written < COUNT; written += 500) {
    const count = Math.min(500, COUNT - written)
    const events = Array.from({ length: count }, (_, index) => ({
      type: (written + index) % 2 === 0 ? 'Odd' : 'Even',
      data: { n: written + index + 1 },
    }))
    await api.append('many', { json: { events } })
  }
  await api.append('orders', { json: { events: [{ type: 'Placed', data: 1 }], streamType: 'order' } })
  await api.feedSettled()
})
afterAll(() => api?.run.stop())

interface Lines {
  readonly status: number
  readonly type: string | null
  readonly events: { version: number; streamId: string }[]
  readonly last: unknown
}

async function readLines(path: string, accept = 'application/x-ndjson'): Promise<Lines> {
  const response = await fetch(`${api.run.url}${path}`, {
    headers: { authorization: `Bearer ${api.tokens.acme}`, accept },
  })
  const lines = (await response.text()).trimEnd().split('\n')
  const values = lines.map((line) => JSON.parse(line) as Lines['events'][number])
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    events: values.slice(0, -1),
    last: values.at(-1),
  }
}

const versions = (count: number, from = 1): number[] =>
  Array.from({ length: count }, (_, index) => from + index)

describe('a stream as lines', () => {
  it('comes whole, page after page, with a last line that says so', async () => {
    const { type, events, last } = await readLines('/api/streams/many/events')
    expect(type).toBe('application/x-ndjson')
    expect(events.map(({ version }) => version)).toEqual(versions(COUNT))
    expect(last).toEqual({ next: null })
  })

  it('ends at its limit with the version to go on from', async () => {
    const { events, last } = await readLines('/api/streams/many/events?limit=1500&from=3')
    expect(events.map(({ version }) => version)).toEqual(versions(1_500, 3))
    expect(last).toEqual({ next: 1_503 })
    expect((await readLines('/api/streams/many/events?limit=2300')).last).toEqual({ next: null })
  })

  it('can be a range, backward, of a type', async () => {
    const { events, last } = await readLines(
      '/api/streams/many/events?direction=backward&from=2000&to=501&type=Even',
    )
    expect(events.map(({ version }) => version)).toEqual(versions(750).map((n) => 2_002 - 2 * n))
    expect(last).toEqual({ next: null })
  })

  it.each([
    ['/api/streams/none/events', 404, 'STREAM_NOT_FOUND'],
    ['/api/streams/many/events?wait=1', 400, 'VALIDATION_FAILED'],
    ['/api/streams/many/events?from=5&to=4', 400, 'VALIDATION_FAILED'],
    ['/api/events?after=nonsense', 400, 'INVALID_CURSOR'],
    ['/api/events?wait=1', 400, 'VALIDATION_FAILED'],
  ])('%s is %i %s, as a problem document', async (path, status, code) => {
    const answer = await readLines(path)
    expect([answer.status, answer.type, answer.last]).toMatchObject([
      status,
      'application/problem+json',
      { code },
    ])
  })
})

describe('the feed as lines', () => {
  it('comes up to its end, with the token after it', async () => {
    const { events, last } = await readLines('/api/events')
    expect(events).toHaveLength(COUNT + 1)
    const { next } = last as { next: string }
    const following = await readLines(`/api/events?after=${next}`)
    expect([following.events, following.last]).toEqual([[], { next }])
  })

  it('ends at its limit, and can be of a category', async () => {
    const first = await readLines('/api/events?limit=1200')
    expect(first.events).toHaveLength(1_200)
    const { next } = first.last as { next: string }
    expect((await readLines(`/api/events?after=${next}`)).events).toHaveLength(COUNT + 1 - 1_200)
    const orders = await readLines('/api/events?streamType=order')
    expect(orders.events).toMatchObject([{ streamId: 'orders' }])
  })
})

describe('the form of the answer', () => {
  it.each([
    ['application/json', 'application/json'],
    ['*/*', 'application/json'],
    ['text/html', 'application/json'],
    ['application/x-ndjson;q=0.5, application/json;q=0.4', 'application/x-ndjson'],
    ['application/x-ndjson;q=0', 'application/json'],
  ])('for Accept: %s is %s', async (accept, type) => {
    expect((await readLines('/api/events?limit=1', accept)).type).toBe(type)
  })

  it('as JSON has pages of a thousand at most, with a link that keeps every parameter', async () => {
    const tooLong = await api.call('GET', '/api/events?limit=1001')
    expect([tooLong.status, tooLong.json?.['errors']]).toMatchObject([400, [{ pointer: 'limit' }]])
    const page = await api.call('GET', '/api/streams/many/events?from=2&to=9&type=Even&type=Odd&limit=2')
    expect(page.headers.get('link')).toBe(
      '</api/streams/many/events?from=4&to=9&direction=forward&type=Even&type=Odd&limit=2>; rel="next"',
    )
    const since = await api.call(
      'GET',
      '/api/events?since=2020-01-01T00:00:00%2B01:00&streamType=order&limit=5',
    )
    expect(since.json?.['events']).toMatchObject([{ streamId: 'orders' }])
    expect(since.headers.get('link')).toBe(
      `</api/events?after=${since.json?.['next'] as string}&streamType=order&limit=5>; rel="next"`,
    )
    const both = await api.call(
      'GET',
      `/api/events?since=2020-01-01T00:00:00Z&after=${since.json?.['next'] as string}`,
    )
    expect([both.status, both.json?.['errors']]).toMatchObject([400, [{ pointer: 'since' }]])
  })
})
