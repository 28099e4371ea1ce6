import { describe, expect, it } from 'vitest'
import { pointersOf, startEventApi } from './support.ts'

const event = { type: 'OrderPlaced', data: { amount: 1 } }

describe('a place that is told', () => {
  it.each([
    ['a single event', { ...event, dat: 1 }, ['/dat']],
    ['a single event', { type: '', data: 1 }, ['/type']],
    ['a single event', { ...event, time: 'never' }, ['/time']],
    ['no event', {}, ['/type', '/data']],
    ['a number', 7, ['']],
    ['a list', [event], ['']],
    ['many', { events: [event, { ...event, time: 'never' }] }, ['/events/1/time']],
    ['many', { events: [event], dat: 1 }, ['/dat']],
    ['no list', { events: event }, ['/events']],
    ['one too large', { ...event, data: 'x'.repeat(1_060_000) }, ['']],
    ['many too large', { events: [event, { ...event, data: 'x'.repeat(1_060_000) }] }, ['/events/1']],
  ])('stands in the body that was sent: %s', async (_what, body, pointers) => {
    const answer = await startEventApi().append(body)
    expect(answer.json?.['errors']).toHaveLength(pointers.length)
    expect(new Set(pointersOf(answer))).toEqual(new Set(pointers))
  })

  it('stands in the body of an append to several streams, also where it is one', async () => {
    const { send } = startEventApi()
    const long = { ...event, data: 'x'.repeat(1_060_000) }
    const appendAll = (streams: unknown) =>
      send('append-to-streams', {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ streams }),
      })
    const one = await appendAll([{ streamId: 'a', events: [event, long] }])
    expect([one.status, pointersOf(one)]).toEqual([413, ['/streams/0/events/1']])
    const two = await appendAll([
      { streamId: 'a', events: [event] },
      { streamId: 'b', events: [long] },
    ])
    expect(pointersOf(two)).toEqual(['/streams/1/events/0'])
    const bad = await appendAll([{ streamId: 'a', events: [event, { ...event, time: 'never' }] }])
    expect(pointersOf(bad)).toEqual(['/streams/0/events/1/time'])
  })
})

describe('a repetition under one Idempotency-Key', () => {
  const key = { 'idempotency-key': 'k1' }
  const outcome = async (
    first: readonly [unknown, Record<string, string>?],
    second: readonly [unknown, Record<string, string>?],
  ) => {
    const { append } = startEventApi()
    expect((await append(first[0], { ...key, ...first[1] })).status).toBe(201)
    const answer = await append(second[0], { ...key, ...second[1] })
    return [answer.status, answer.headers.get('idempotency-replayed') ?? answer.json?.['code']]
  }
  const replayed = [201, 'true']
  const reused = [422, 'IDEMPOTENCY_KEY_REUSED']

  it('may say the same in another way', async () => {
    for (const same of [
      { ...event, metadata: {} },
      { ...event, source: '' },
      { ...event, schemaVersion: 1 },
      { data: { amount: 1.0 }, type: 'OrderPlaced' },
      { events: [event] },
      { events: [{ ...event, metadata: {}, source: '', schemaVersion: 1 }] },
    ]) {
      expect(await outcome([event], [same])).toEqual(replayed)
      expect(await outcome([same], [event])).toEqual(replayed)
    }
  })

  it.each([
    { ...event, metadata: { a: 1 } },
    { ...event, source: 's' },
    { ...event, schemaVersion: 2 },
    { ...event, data: null },
    { events: [event, event] },
    { events: [event], streamType: 't' },
  ])('is another request with other content: %o', async (other) => {
    expect(await outcome([event], [other])).toEqual(reused)
  })

  it('says its condition again', async () => {
    const isNew = { 'if-none-match': '*' }
    expect(await outcome([event, isNew], [event, isNew])).toEqual(replayed)
    expect(await outcome([event, { 'if-match': '"0"' }], [event, { 'if-match': ' "0" ' }])).toEqual(replayed)
    expect(await outcome([event], [event, isNew])).toEqual(reused)
    expect(await outcome([event, isNew], [event])).toEqual(reused)
    expect(await outcome([event, isNew], [event, { 'if-match': '"1"' }])).toEqual(reused)
  })

  it('may quote the key', async () => {
    expect(await outcome([event], [event, { 'idempotency-key': '"k1"' }])).toEqual(replayed)
  })

  it('may say `any` and version 0 in their other ways to several streams', async () => {
    const { send } = startEventApi()
    const appendAll = (streams: unknown) =>
      send('append-to-streams', {
        headers: { 'content-type': 'application/json', 'idempotency-key': 'k2' },
        body: JSON.stringify({ streams }),
      })
    const first = await appendAll([
      { streamId: 'a', events: [event] },
      { streamId: 'b', expected: 'none', events: [event] },
    ])
    const again = await appendAll([
      { streamId: 'a', expected: 'any', events: [{ ...event, metadata: {} }] },
      { streamId: 'b', expected: 0, events: [event] },
    ])
    expect([first.status, again.status, again.headers.get('idempotency-replayed')]).toEqual([
      201,
      201,
      'true',
    ])
  })
})
