import { describe, expect, it } from 'vitest'
import { pointersOf, startEventApi } from './support.ts'

const cloudEvent = {
  specversion: '1.0',
  id: 'a1',
  source: '/shop',
  type: 'com.example.placed',
  data: { amount: 1 },
}
const structured = { 'content-type': 'application/cloudevents+json' }
const batch = { 'content-type': 'application/cloudevents-batch+json' }

describe('a CloudEvent of the structured mode', () => {
  it('is stored with its extensions and other attributes as metadata', async () => {
    const { append, stored } = startEventApi()
    const answer = await append(
      {
        ...cloudEvent,
        time: '2026-11-21T14:30:00Z',
        subject: 'order/17',
        datacontenttype: 'application/json; charset="utf-8"',
        dataschema: 'https://example.com/order.json#/placed',
        partner: 'acme',
        retries: -2_147_483_648,
        last: 2_147_483_647,
        whole: 3.0,
        trial: true,
        note: '',
      },
      structured,
    )
    expect([answer.status, answer.json?.['errors']]).toEqual([201, undefined])
    expect(await stored()).toMatchObject([
      {
        id: 'a1',
        source: '/shop',
        type: 'com.example.placed',
        data: { amount: 1 },
        metadata: {
          subject: 'order/17',
          dataschema: 'https://example.com/order.json#/placed',
          partner: 'acme',
          retries: -2_147_483_648,
          last: 2_147_483_647,
          whole: 3,
          trial: true,
          note: '',
        },
      },
    ])
  })

  it('takes null for absent in every attribute, and keeps `data: null`', async () => {
    const { append, stored } = startEventApi()
    const nulls = {
      time: null,
      subject: null,
      datacontenttype: null,
      dataschema: null,
      partner: null,
      data_base64: null,
    }
    expect((await append({ ...cloudEvent, ...nulls, data: null }, structured)).status).toBe(201)
    expect(await stored()).toMatchObject([{ data: null, metadata: {} }])
    // The same event without them is the same event.
    const again = await append({ ...cloudEvent, data: null }, structured)
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true'])
  })

  it.each([
    ['/specversion', { specversion: '0.3' }],
    ['/specversion', { specversion: null }],
    ['/id', { id: '' }],
    ['/id', { id: 7 }],
    ['/source', { source: '' }],
    ['/source', { source: 'with space' }],
    ['/source', { source: 'a%zz' }],
    ['/source', { source: '/a#b#c' }],
    ['/source', { source: '1:2' }],
    ['/type', { type: null }],
    ['/type', { type: 'a\u0007b' }],
    ['/time', { time: 'yesterday' }],
    ['/time', { time: 5 }],
    ['/subject', { subject: '' }],
    ['/subject', { subject: 5 }],
    ['/datacontenttype', { datacontenttype: '' }],
    ['/datacontenttype', { datacontenttype: 'json' }],
    ['/datacontenttype', { datacontenttype: 'application/json;' }],
    ['/datacontenttype', { datacontenttype: 'application/json, text/plain' }],
    ['/dataschema', { dataschema: '' }],
    ['/dataschema', { dataschema: '/relative' }],
    ['/dataschema', { dataschema: 'https://exa mple.com' }],
    ['/Partner', { Partner: 'x' }],
    ['/partner.id', { 'partner.id': 'x' }],
    ['/partner-id', { 'partner-id': null }],
    ['/', { '': 'x' }],
    ['/größe', { größe: 'x' }],
    ['/rate', { rate: 1.5 }],
    ['/rate', { rate: 2_147_483_648 }],
    ['/rate', { rate: -2_147_483_649 }],
    ['/nested', { nested: { a: 1 } }],
    ['/list', { list: ['a'] }],
    ['/note', { note: 'a\u0085b' }],
    ['/note', { note: 'a\u{10ffff}b' }],
  ])('is refused at %s: %o', async (pointer, members) => {
    const { append } = startEventApi()
    const answer = await append({ ...cloudEvent, ...members }, structured)
    expect([answer.status, answer.json?.['code'], pointersOf(answer)]).toEqual([
      400,
      'VALIDATION_FAILED',
      [pointer],
    ])
    expect(JSON.stringify(answer.json)).not.toContain('/events/')
  })

  it('refuses an integer beyond a double as an extension, too', async () => {
    const { append } = startEventApi()
    const text = `${JSON.stringify(cloudEvent).slice(0, -1)},"big":9007199254740993}`
    expect(pointersOf(await append(text, structured))).toEqual(['/big'])
  })

  it('refuses binary data by its own code', async () => {
    const { append } = startEventApi()
    const answer = await append({ ...cloudEvent, data_base64: 'AA==' }, structured)
    expect([answer.json?.['code'], pointersOf(answer)]).toEqual(['BINARY_DATA_UNSUPPORTED', ['/data_base64']])
  })

  it.each([[[cloudEvent]], [7], [true], [null]])('is an object: %o is refused', async (body) => {
    const { append } = startEventApi()
    expect(pointersOf(await append(body, structured))).toEqual([''])
  })
})

describe('a batch of CloudEvents', () => {
  it('is told of by the place of each event in it', async () => {
    const { append } = startEventApi()
    const answer = await append(
      [cloudEvent, { ...cloudEvent, id: 'a2', Bad: 1 }, 7, { ...cloudEvent, id: 'a3', type: '' }],
      batch,
    )
    expect(pointersOf(answer)).toEqual(['/1/Bad', '/2', '/3/type'])
    const times = [cloudEvent, { ...cloudEvent, id: 'a2', time: 'never' }]
    expect(pointersOf(await append(times, batch))).toEqual(['/1/time'])
    expect(pointersOf(await append([cloudEvent, cloudEvent], batch))).toEqual(['/1/id'])
    const long = { ...cloudEvent, id: 'a2', data: 'x'.repeat(1_060_000) }
    const tooLarge = await append([cloudEvent, long], batch)
    expect([tooLarge.json?.['code'], pointersOf(tooLarge)]).toEqual(['EVENT_TOO_LARGE', ['/1']])
    expect(pointersOf(await append(cloudEvent, batch))).toEqual([''])
    expect(pointersOf(await append([], batch))).toEqual([''])
  })
})

describe('a CloudEvent of the binary mode', () => {
  const headers = {
    'ce-specversion': '1.0',
    'ce-id': 'b1',
    'ce-source': '/shop',
    'ce-type': 'com.example.placed',
  }

  it('has its attributes in headers, percent-decoded, and its data as the body', async () => {
    const { append, stored } = startEventApi()
    const answer = await append(
      { amount: 1 },
      {
        ...headers,
        'content-type': 'application/json; charset=utf-8',
        'ce-time': '2026-11-21T14:30:00Z',
        'ce-subject': 'Euro%20%E2%82%AC%20%F0%9F%98%80',
        'ce-quoted': '"an \\"old\\" sender"',
        'CE-Partner': 'acme',
      },
    )
    expect([answer.status, answer.json?.['errors']]).toEqual([201, undefined])
    expect(await stored()).toMatchObject([
      {
        id: 'b1',
        source: '/shop',
        type: 'com.example.placed',
        data: { amount: 1 },
        metadata: {
          datacontenttype: 'application/json; charset=utf-8',
          subject: 'Euro € 😀',
          quoted: 'an "old" sender',
          partner: 'acme',
        },
      },
    ])
  })

  it('keeps a body that looks like an append as data', async () => {
    const { append, stored } = startEventApi()
    expect((await append({ events: [] }, headers)).status).toBe(201)
    expect((await append(null, { ...headers, 'ce-id': 'b2' })).status).toBe(201)
    expect(await stored()).toMatchObject([{ data: { events: [] } }, { data: null }])
  })

  it.each<[string, Record<string, string>]>([
    ['ce-specversion', { 'ce-specversion': '0.3' }],
    ['ce-source', { 'ce-source': 'with space' }],
    ['ce-time', { 'ce-time': 'yesterday' }],
    ['ce-subject', { 'ce-subject': '100%' }],
    ['ce-subject', { 'ce-subject': '%FF' }],
    ['ce-subject', { 'ce-subject': 'caf\u00e9' }],
    ['ce-subject', { 'ce-subject': '' }],
    ['ce-partner-id', { 'ce-partner-id': 'x' }],
    ['ce-datacontenttype', { 'ce-datacontenttype': 'application/json' }],
    ['ce-data', { 'ce-data': '1' }],
    ['ce-data_base64', { 'ce-data_base64': 'AA==' }],
  ])('names the header that is wrong: %s %o', async (name, wrong) => {
    const { append } = startEventApi()
    const answer = await append({ amount: 1 }, { ...headers, ...wrong })
    expect([answer.status, answer.json?.['code'], pointersOf(answer)]).toEqual([
      400,
      'VALIDATION_FAILED',
      [name],
    ])
  })

  it('is refused where a required attribute is missing, so that no header is dropped without a word', async () => {
    const { append } = startEventApi()
    expect(pointersOf(await append({ type: 'T', data: 1 }, { 'ce-id': 'b1' }))).toEqual([
      'ce-specversion',
      'ce-source',
      'ce-type',
    ])
  })

  it('does not count where the media type says that the event is in the body', async () => {
    const { append, stored } = startEventApi()
    expect((await append(cloudEvent, { ...headers, ...structured })).status).toBe(201)
    expect(await stored()).toMatchObject([{ id: 'a1' }])
  })

  it('is refused by name where several streams are written', async () => {
    const { send } = startEventApi()
    const answer = await send('append-to-streams', {
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ streams: [{ streamId: 's', events: [{ type: 'T', data: 1 }] }] }),
    })
    expect([answer.status, answer.json?.['detail']]).toEqual([400, expect.stringContaining('ce-')])
  })
})
