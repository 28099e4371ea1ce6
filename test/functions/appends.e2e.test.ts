import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { event, startApi } from '../support/api.ts'
import type { Api } from '../support/api.ts'
import type { LocalRun } from '../support/local-run.ts'

let run: LocalRun
let call: Api['call']
let append: Api['append']

beforeAll(async () => {
  const api = await startApi()
  ;({ run, call, append } = api)
})
afterAll(() => run?.stop())

const appends = (json: unknown, headers: Record<string, string> = {}) =>
  call('POST', '/api/appends', { json, headers })

describe('POST /api/appends', () => {
  it('writes several streams when every condition holds, and answers a repeated key with the first result', async () => {
    await append('settings')
    const body = {
      streams: [
        {
          streamId: 'account-1',
          expected: 'none',
          streamType: 'account',
          events: [event, { ...event, id: 'opened-1' }],
        },
        { streamId: 'ledger', events: [event] },
      ],
      conditions: [{ streamId: 'settings', expected: 1 }],
    }
    const headers = { 'idempotency-key': 'open-1' }
    const first = await appends(body, headers)
    expect([first.status, first.json]).toMatchObject([
      201,
      {
        streams: [
          {
            streamId: 'account-1',
            firstVersion: 1,
            version: 2,
            events: [{ version: 1 }, { id: 'opened-1', version: 2 }],
          },
          { streamId: 'ledger', firstVersion: 1, version: 1, events: [{ version: 1 }] },
        ],
      },
    ])
    expect(first.headers.get('consistency-token')).toMatch(/^[\w-]{20,}$/)
    const again = await appends(body, headers)
    expect([again.status, again.json, again.headers.get('idempotency-replayed')]).toEqual([
      201,
      first.json,
      'true',
    ])
    expect((await call('GET', '/api/streams/account-1')).json).toMatchObject({
      version: 2,
      streamType: 'account',
    })
  })

  it('writes nothing at all when one condition fails, and says which', async () => {
    await append('seen')
    const refused = await appends({
      streams: [{ streamId: 'not-written', events: [event] }],
      conditions: [{ streamId: 'seen', expected: 'none' }],
    })
    expect([refused.status, refused.json]).toMatchObject([
      412,
      { code: 'VERSION_CONFLICT', streamId: 'seen', currentVersion: 1, expected: 'none' },
    ])
    expect((await call('GET', '/api/streams/not-written')).status).toBe(404)
  })

  it('keeps a name for one stream of the tenant until it is released', async () => {
    const name = { set: 'account-email', value: 'ada@example.com' }
    const withName = (streamId: string, names: object) =>
      append(streamId, { json: { events: [event], ...names } })
    expect((await withName('ada-1', { reservations: [name] })).status).toBe(201)
    const taken = await withName('ada-2', { reservations: [name] })
    expect([taken.status, taken.json]).toMatchObject([409, { code: 'NAME_TAKEN', holder: 'ada-1', ...name }])
    expect((await call('GET', '/api/streams/ada-2')).status).toBe(404)
    const notHeld = await withName('ada-2', { releases: [name] })
    expect([notHeld.status, notHeld.json]).toMatchObject([409, { code: 'NAME_NOT_HELD', holder: 'ada-1' }])
    const moved = await appends({
      streams: [
        { streamId: 'ada-1', events: [event], releases: [name] },
        { streamId: 'ada-2', events: [event], reservations: [name] },
      ],
    })
    expect(moved.status).toBe(201)
    expect((await withName('ada-1', { reservations: [name] })).json).toMatchObject({ holder: 'ada-2' })
  })

  it.each([
    ['no streams', { streams: [] }, '/streams'],
    ['a stream without events', { streams: [{ streamId: 's', events: [] }] }, '/streams/0/events'],
    [
      'a stream twice',
      {
        streams: [
          { streamId: 's', events: [event] },
          { streamId: 's', events: [event] },
        ],
      },
      '/streams/1/streamId',
    ],
    [
      'a written stream among the conditions',
      { streams: [{ streamId: 's', events: [event] }], conditions: [{ streamId: 's', expected: 1 }] },
      '/conditions/0/streamId',
    ],
    [
      'an expectation that nobody knows',
      { streams: [{ streamId: 's', expected: 'some', events: [event] }] },
      '/streams/0/expected',
    ],
    [
      'one id twice',
      {
        streams: ['a', 'b'].map((streamId) => ({ streamId, events: [{ ...event, id: 'same' }] })),
      },
      '/streams/1/events/0/id',
    ],
  ])('refuses %s and says where', async (_what, body, pointer) => {
    const refused = await appends(body)
    expect([refused.status, refused.json]).toMatchObject([
      400,
      { code: 'VALIDATION_FAILED', errors: [{ pointer }] },
    ])
  })

  it('refuses a name that is to be reserved by two streams', async () => {
    const reservations = [{ set: 's', value: 'v' }]
    const refused = await appends({
      streams: ['a', 'b'].map((streamId) => ({ streamId, events: [event], reservations })),
    })
    expect(refused.json).toMatchObject({ code: 'VALIDATION_FAILED' })
  })
})
