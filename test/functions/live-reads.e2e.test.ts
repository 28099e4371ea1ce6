import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { event, startApi } from '../support/api.ts'
import type { Answer, Api } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { openEventStream } from '../support/event-stream.ts'
import type { EventStream } from '../support/event-stream.ts'

/**
 * One tenant's half of those that functions/events lets wait at a time, and of the viewers that the local run serves.
 */
const PLACES = 4

let api: Api
const viewers: EventStream[] = []
const calls: AbortController[] = []

beforeAll(async () => {
  api = await startApi({ own: true })
})
afterAll(() => api?.run.stop())
afterEach(() => {
  for (const viewer of viewers.splice(0)) viewer.leave()
  for (const call of calls.splice(0)) call.abort()
})

const nextOf = ({ json }: Answer): string => json?.['next'] as string
async function endOfFeed(): Promise<string> {
  await api.feedSettled()
  return nextOf(await api.call('GET', '/api/events?since=2999-01-01T00:00:00Z'))
}

async function watch(query = '', headers: Record<string, string> = {}): Promise<EventStream> {
  const viewer = await openEventStream(`${api.run.url}/api/events${query}`, {
    authorization: `Bearer ${api.tokens.acme}`,
    ...headers,
  })
  viewers.push(viewer)
  return viewer
}

/** A long poll that can hang up. */
function poll(
  path: string,
  authorization = `Bearer ${api.tokens.acme}`,
): { answer: Promise<Response>; leave: () => void } {
  const controller = new AbortController()
  calls.push(controller)
  const answer = fetch(`${api.run.url}${path}`, {
    headers: { authorization },
    signal: controller.signal,
  })
  answer.catch(() => undefined)
  return { answer, leave: () => controller.abort() }
}

describe('a long poll of the feed', () => {
  it('answers when an event comes', async () => {
    const { answer } = poll(`/api/events?wait=25&after=${await endOfFeed()}`)
    await api.append('waited-for')
    const body = (await (await answer).json()) as { events: unknown[] }
    expect(body.events).toMatchObject([{ streamId: 'waited-for' }])
  })

  it('answers at the end of the wait with the token to ask again with', async () => {
    const after = await endOfFeed()
    const answer = await api.call('GET', `/api/events?wait=1&after=${after}`)
    expect([answer.status, answer.json]).toEqual([200, { events: [], next: after }])
    expect(answer.headers.get('link')).toBe(`</api/events?after=${after}&wait=1>; rel="next"`)
  })

  it('passes over what its filter leaves out, and keeps the token that went on', async () => {
    const after = await endOfFeed()
    const { answer } = poll(`/api/events?wait=25&type=Wanted&after=${after}`)
    await api.append('filtered')
    await api.append('filtered', { json: { type: 'Wanted', data: 1 } })
    expect(await (await answer).json()).toMatchObject({ events: [{ type: 'Wanted', version: 2 }] })
    await api.feedSettled()
    const none = await api.call('GET', `/api/events?wait=0&type=None&after=${after}`)
    expect(none.json?.['events']).toEqual([])
    expect(nextOf(none)).not.toBe(after)
  })

  it('has a number of places for its tenant; without one it is refused, and a client that leaves frees its own', async () => {
    const after = await endOfFeed()
    const path = `/api/events?wait=25&type=Never&after=${after}`
    const waiting = Array.from({ length: PLACES }, () => poll(path))
    const refused = async (): Promise<string | null> =>
      (await api.call('GET', `/api/events?wait=1&type=Never&after=${after}`)).headers.get('retry-after')
    // Who asks may be there before one of those who wait, and so take its place for a second: another one comes then.
    await eventually(async () => {
      waiting.push(poll(path))
      return refused()
    }).toBe('2')
    for (const { leave } of waiting) leave()
    await eventually(refused).toBe(null)
    expect(await refused()).toBeNull()
  })
})

describe('a long poll of a stream', () => {
  it('answers when the version comes, also of a stream that does not exist yet', async () => {
    const { answer } = poll('/api/streams/coming/events?wait=25')
    await api.append('coming')
    const first = await answer
    expect(await first.json()).toMatchObject({ events: [{ version: 1 }], next: 2 })
    expect(first.headers.get('etag')).toBe('"1"')
    expect(first.headers.get('link')).toContain('from=2')
    const second = poll('/api/streams/coming/events?wait=25&from=2')
    await api.append('coming')
    expect(await (await second.answer).json()).toMatchObject({ events: [{ version: 2 }], next: 3 })
  })

  it('is empty at the end of the wait, and says where it would go on', async () => {
    const missing = await api.call('GET', '/api/streams/missing/events?wait=0')
    expect([missing.status, missing.json, missing.headers.get('etag')]).toEqual([
      200,
      { events: [], next: 1 },
      '"0"',
    ])
    await api.append('short')
    const empty = await api.call('GET', '/api/streams/short/events?from=2&wait=1')
    expect(empty.json).toEqual({ events: [], next: 2 })
    const ranged = await api.call('GET', '/api/streams/short/events?to=1&wait=25')
    expect(ranged.json).toMatchObject({ events: [{ version: 1 }], next: null })
  })

  it.each(['direction=backward&wait=1', 'wait=26', 'wait=x'])('refuses %s', async (query) => {
    const answer = await api.call('GET', `/api/streams/short/events?${query}`)
    expect([answer.status, answer.json?.['code']]).toEqual([400, 'VALIDATION_FAILED'])
  })
})

describe('server-sent events', () => {
  it('come as they happen, each with its checkpoint, and go on after the last that was seen', async () => {
    const viewer = await watch(`?after=${await endOfFeed()}`)
    expect(viewer.response.headers.get('content-type')).toBe('text/event-stream')
    expect(await viewer.next()).toEqual({ retry: '1000' })
    expect(await viewer.next()).toMatchObject({ comment: 'still here', id: expect.any(String) })
    await api.append('live', { json: { events: [event, event] } })
    const [first, second] = [await viewer.nextEvent(), await viewer.nextEvent()]
    expect([first?.event, JSON.parse(first?.data ?? '')]).toMatchObject([
      'event',
      { streamId: 'live', version: 1 },
    ])
    await api.append('live')
    expect(JSON.parse((await viewer.nextEvent())?.data ?? '')).toMatchObject({ version: 3 })
    // It comes back to the url that it began with, which names an older point.
    const again = await watch('?since=2020-01-01T00:00:00Z', { 'last-event-id': first?.id ?? '' })
    const resumed = await again.nextEvent()
    expect([resumed?.id, resumed?.data]).toEqual([second?.id, second?.data])
  })

  it('are filtered as the feed is', async () => {
    const viewer = await watch(`?type=Wanted&streamType=order&after=${await endOfFeed()}`)
    await api.append('order-1', {
      json: { events: [event, { type: 'Wanted', data: 1 }], streamType: 'order' },
    })
    await api.append('user-1', { json: { events: [{ type: 'Wanted', data: 2 }], streamType: 'user' } })
    await api.append('order-1', { json: { type: 'Wanted', data: 3 } })
    const seen = [await viewer.nextEvent(), await viewer.nextEvent()]
    expect(seen.map((frame) => (JSON.parse(frame?.data ?? '') as { data: number }).data)).toEqual([1, 3])
  })

  it('have a number of viewers of one tenant; one that leaves frees its place at once', async () => {
    for (let count = 0; count < PLACES; count += 1) await watch(`?after=${await endOfFeed()}`)
    const refused = await watch()
    expect([refused.response.status, refused.response.headers.get('retry-after')]).toEqual([429, '2'])
    expect(await refused.response.json()).toMatchObject({ code: 'TENANT_SHARE_HELD', retryable: true })
    viewers[0]?.leave()
    await eventually(async () => (await watch()).response.status).toBe(200)
  })

  it.each([
    ['?wait=1', {}, 400, 'VALIDATION_FAILED'],
    ['?limit=1', {}, 400, 'VALIDATION_FAILED'],
    ['', { 'last-event-id': 'nonsense' }, 400, 'INVALID_CURSOR'],
    ['', { authorization: 'Bearer none' }, 401, 'TOKEN_INVALID'],
  ])('with %s %o are refused before the first byte: %i %s', async (query, headers, status, code) => {
    const { response } = await watch(query, headers)
    expect([response.status, await response.json()]).toMatchObject([status, { code }])
  })

  it('end when the tenant is suspended, as a long poll does', async () => {
    const authorization = `Bearer ${api.tokens.other}`
    const viewer = await watch('', { authorization })
    const { answer } = poll('/api/events?wait=25', authorization)
    const token = api.tokens.operator
    await viewer.next()
    await api.call('POST', `/api/tenants/${api.slugs.other}/suspend`, { token })
    const told = await viewer.nextEvent()
    expect([told?.event, JSON.parse(told?.data ?? '')]).toMatchObject(['error', { code: 'TENANT_SUSPENDED' }])
    expect((await answer).status).toBe(403)
    await api.call('POST', `/api/tenants/${api.slugs.other}/resume`, { token })
  })

  it('tell an error in the middle as an event, and refuse a token of an ended epoch as what it is', async () => {
    const viewer = await watch(`?after=${await endOfFeed()}`)
    await viewer.next()
    const { id } = (await viewer.next()) ?? {}
    const owner = new Client({ connectionString: api.run.postgres.migrator })
    await owner.connect()
    await owner.query(
      "set role trickle_owner; insert into trickle_events_log.epochs (reason) values ('a test')",
    )
    await owner.end()
    const told = await viewer.nextEvent()
    expect([told?.event, JSON.parse(told?.data ?? '')]).toMatchObject([
      'error',
      { code: 'EPOCH_ENDED', status: 410 },
    ])
    expect(await viewer.next()).toBeNull()
    const { response } = await watch('', { 'last-event-id': id ?? '' })
    const problem = (await response.json()) as { resumeAfter: string }
    expect(response.status).toBe(410)
    const resumed = await watch(`?after=${problem.resumeAfter}`)
    expect(resumed.response.status).toBe(200)
  })
})
