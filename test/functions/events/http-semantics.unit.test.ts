import { describe, expect, it } from 'vitest'
import { startEventApi } from './support.ts'
import type { EventApi } from './support.ts'

const event = { type: 'OrderPlaced', data: 1 }
const streamParams = { params: { streamId: 's' } }

async function withEvents(): Promise<EventApi> {
  const api = startEventApi()
  expect((await api.append({ events: [event, event, event] })).status).toBe(201)
  return api
}

describe('the ETag of a page', () => {
  it('is the version of the stream on every page, and answers 304 until something is appended', async () => {
    const { send, append } = await withEvents()
    const read = (query: string, tag?: string) =>
      send('read-stream', {
        ...streamParams,
        path: `/api/streams/s/events${query}`,
        headers: tag === undefined ? {} : { 'if-none-match': tag },
      })
    for (const query of [
      '',
      '?limit=1',
      '?from=2&limit=1',
      '?direction=backward',
      '?wait=0',
      '?from=9&wait=0',
    ]) {
      expect((await read(query)).headers.get('etag')).toBe('"3"')
      for (const tag of ['"3"', 'W/"3"', '"1", "3"', '*']) {
        const known = await read(query, tag)
        expect([known.status, known.text, known.headers.get('etag')]).toEqual([304, '', '"3"'])
      }
      expect((await read(query, '"2"')).status).toBe(200)
      expect((await read(query, '3')).status).toBe(200)
    }
    await append(event)
    const changed = await read('?limit=1', '"3"')
    expect([changed.status, changed.headers.get('etag')]).toEqual([200, '"4"'])
  })
})

describe('a client that wants server-sent events and nothing else', () => {
  it.each(['text/event-stream', 'Text/Event-Stream;q=0.9', 'text/event-stream, image/png'])(
    'is refused where there are none: %s',
    async (accept) => {
      const { send } = await withEvents()
      for (const route of ['read-stream', 'stream-info', 'read-feed', 'append-events']) {
        const answer = await send(route, { ...streamParams, headers: { accept } })
        expect([route, answer.status, answer.json?.['code']]).toEqual([route, 406, 'NOT_ACCEPTABLE'])
        expect(answer.headers.get('content-type')).toBe('application/problem+json')
      }
    },
  )

  it.each([
    'text/event-stream, */*;q=0.1',
    'text/event-stream, application/json',
    'text/html',
    'nonsense',
    '*/*',
  ])('is not one that takes something else, too: %s', async (accept) => {
    const { send } = await withEvents()
    const answer = await send('stream-info', { ...streamParams, headers: { accept } })
    expect([answer.status, answer.json?.['version']]).toEqual([200, 3])
  })
})

describe('a path with dot segments', () => {
  const raw = (url: string) => ({ 'x-waws-unencoded-url': url })

  it.each([
    '/api/streams/%2e%2e/events',
    '/api/streams/../events',
    '/api/streams/.%2E/events?limit=1',
    '/api/streams/./events',
    '/api/streams/%2e/events',
    '/api/events/%2e%2e',
  ])('is refused by what the platform says that it was: %s', async (url) => {
    const { send } = await withEvents()
    const answer = await send('read-feed', { headers: raw(url) })
    expect([answer.status, answer.json?.['code']]).toEqual([400, 'VALIDATION_FAILED'])
  })

  it.each([
    '/api/events',
    '/api/events?after=/../x',
    '/api/streams/a..b/events',
    '/api/streams/.../events',
    '/api/streams/..%2f/events',
  ])('is not one where dots are part of a name: %s', async (url) => {
    const { send } = await withEvents()
    expect((await send('read-feed', { headers: raw(url) })).json?.['code']).not.toBe('VALIDATION_FAILED')
  })
})
