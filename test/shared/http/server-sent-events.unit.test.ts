import { describe, expect, it, vi } from 'vitest'
import { TrickleError } from '../../../shared/errors/index.ts'
import { defineRoute, reply, serverSentEvent } from '../../../shared/http/index.ts'
import { call, testKernel } from './harness.ts'

const routeOf = (events: () => AsyncIterable<string>) =>
  defineRoute({
    name: 'live',
    method: 'GET',
    path: '/api/live',
    summary: 's',
    tags: ['t'],
    access: { kind: 'public' },
    request: {},
    responses: { 200: { description: 'events', mediaType: 'text/event-stream' } },
    errors: ['EPOCH_ENDED'],
    handler: () => reply(200, { serverSentEvents: events() }),
  })

describe('the text of an event', () => {
  it('has its fields in lines and an empty line after them', () => {
    expect(serverSentEvent({ id: 'a', event: 'event', data: '{"x":"ä\\n"}' })).toBe(
      'id: a\nevent: event\ndata: {"x":"ä\\n"}\n\n',
    )
    expect(serverSentEvent({ comment: 'here', retryMs: 5, id: 'b' })).toBe(': here\nretry: 5\nid: b\n\n')
  })

  it.each(['a\nid: forged', 'a\rb', 'a\0'])('refuses %j: the rest would be a field of its own', (data) => {
    expect(() => serverSentEvent({ data })).toThrow(TypeError)
    expect(() => serverSentEvent({ id: data })).toThrow(TypeError)
  })
})

describe('a reply of server-sent events', () => {
  it('has each as it was written', async () => {
    const { kernel, log } = testKernel()
    const answer = await call(
      kernel,
      routeOf(async function* () {
        yield serverSentEvent({ id: '1', data: '1' })
        yield serverSentEvent({ id: '2', data: '2' })
      }),
    )
    expect(answer.headers.get('content-type')).toBe('text/event-stream')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.text).toBe('id: 1\ndata: 1\n\nid: 2\ndata: 2\n\n')
    expect(log).toEqual([])
  })

  it('is a problem document where nothing was written yet', async () => {
    const answer = await call(
      testKernel().kernel,
      // eslint-disable-next-line require-yield
      routeOf(async function* () {
        throw new TrickleError('EPOCH_ENDED', 'gone', { extensions: { resumeAfter: 'x' } })
      }),
    )
    expect([answer.status, answer.json]).toMatchObject([410, { code: 'EPOCH_ENDED', resumeAfter: 'x' }])
  })

  it('ends with an event that tells a later error', async () => {
    const { kernel, log } = testKernel()
    const answer = await call(
      kernel,
      routeOf(async function* () {
        yield serverSentEvent({ data: '1' })
        throw new Error('secret cause')
      }),
    )
    const [, last = ''] = answer.text.split('\n\n')
    const [name, data = ''] = last.split('\n')
    expect(name).toBe('event: error')
    expect(JSON.parse(data.slice('data: '.length))).toMatchObject({ code: 'INTERNAL', instance: '/api/live' })
    expect(answer.text).not.toContain('secret cause')
    expect(log).toMatchObject([{ fields: { isMidStream: true } }])
  })

  it('is not begun for HEAD', async () => {
    const begin = vi.fn<() => void>()
    const answer = await call(
      testKernel().kernel,
      routeOf(async function* () {
        begin()
        yield ''
      }),
      { method: 'HEAD' },
    )
    expect([answer.status, answer.text]).toEqual([200, ''])
    expect(begin).not.toHaveBeenCalled()
  })
})
