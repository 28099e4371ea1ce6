import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { bytes, openQueueStage } from './queue-stage.ts'
import type { QueueStage } from './queue-stage.ts'

let stage: QueueStage

beforeAll(async () => {
  stage = await openQueueStage()
})
afterEach(async () => {
  await stage.clean()
})
afterAll(() => stage.stop())

const list = async (query = ''): Promise<Record<string, unknown>[]> => {
  const path = `/api/operations/queues/plain/parked?${query}`
  const { json } = await stage.ask('list-parked-messages', { queue: 'plain' }, { path })
  return json?.['messages'] as Record<string, unknown>[]
}

const on = (id: string): Record<string, string> => ({ queue: 'plain', id })

describe('parked messages', () => {
  test('are listed by filter and by pages, without what they say', async () => {
    const { tenantId } = await stage.database.tenant('globex')
    await stage.park('plain', { body: bytes('{"secret":1}'), messageId: 'm1', tenantId })
    await stage.park('plain', { body: bytes('secret'), reason: 'MALFORMED_JSON' })
    await stage.park('plain', { body: bytes('{"secret":3}') })
    const first = await stage.ask(
      'list-parked-messages',
      { queue: 'plain' },
      { path: '/api/operations/queues/plain/parked?limit=2' },
    )
    expect(first.text).not.toContain('secret')
    expect(first.json).toMatchObject({
      messages: [
        {
          id: '1',
          queue: 'plain',
          messageId: 'm1',
          tenantId,
          attempts: 1,
          state: 'parked',
          resubmissions: 0,
        },
        { id: '2', reason: 'MALFORMED_JSON' },
      ],
      next: '2',
    })
    expect(first.headers.get('link')).toBe(
      '</api/operations/queues/plain/parked?limit=2&state=parked&after=2>; rel="next"',
    )
    expect(await list('after=2')).toMatchObject([{ id: '3' }])
    expect(await list('reason=MALFORMED_JSON')).toMatchObject([{ id: '2' }])
    expect(await list(`tenantId=${tenantId}`)).toMatchObject([{ id: '1' }])
    expect(await list('state=discarded')).toEqual([])
  })

  test('are shown with what they say', async () => {
    await stage.park('plain', {
      body: bytes('{"n":12345678901234567890}'),
      applicationProperties: { tenant: 'acme' },
    })
    await stage.park('plain', { body: Buffer.from([255, 0]) })
    const text = await stage.ask('show-parked-message', on('1'))
    expect(text.json).toMatchObject({
      body: '{"n":12345678901234567890}',
      bodyEncoding: 'utf-8',
      properties: { tenant: 'acme' },
      isCut: false,
    })
    const binary = await stage.ask('show-parked-message', on('2'))
    expect(binary.json).toMatchObject({ body: '/wA=', bodyEncoding: 'base64' })
  })

  test('are sent again with their properties and session, and recorded', async () => {
    await stage.park('plain', {
      body: bytes('{"n":12345678901234567890}'),
      messageId: 'm1',
      sessionId: 's1',
      applicationProperties: { tenant: 'acme', attempt: 3 },
    })
    const answer = await stage.ask('resubmit-parked-message', on('1'), { json: {} })
    expect(answer.json).toEqual({
      dryRun: false,
      messages: [{ id: '1', messageId: 'm1', sessionId: 's1', outcome: 'sent', problems: [] }],
      next: null,
    })
    const waiting = await stage.waiting('plain')
    expect(waiting).toMatchObject([
      {
        messageId: 'm1',
        sessionId: 's1',
        contentType: 'application/json',
        properties: { tenant: 'acme', attempt: 3 },
      },
    ])
    expect(String(waiting[0]?.body)).toBe('{"n":12345678901234567890}')
    expect(await list()).toEqual([])
    expect(await list('state=resubmitted')).toMatchObject([
      { id: '1', resubmissions: 1, decidedBy: 'test of https://issuer.example' },
    ])
    expect(await stage.actions()).toMatchObject([{ action: 'resubmit-parked-message', target: '1' }])
  })

  test('are sent once however often it is asked for', async () => {
    await stage.park('plain', {})
    await stage.ask('resubmit-parked-message', on('1'), { json: {} })
    const again = await stage.ask('resubmit-parked-message', on('1'), { json: {} })
    expect(again.json).toMatchObject({ messages: [{ outcome: 'decided' }] })
    expect(await stage.waiting('plain')).toHaveLength(1)
    expect(await stage.actions()).toHaveLength(1)
  })

  test('are sent with an edited body; their row keeps the first one', async () => {
    await stage.park('plain', { body: bytes('{"tpye":1}') })
    await stage.ask('resubmit-parked-message', on('1'), { json: { body: '{"type":1}' } })
    expect((await stage.waiting('plain')).map(({ body }) => String(body))).toEqual(['{"type":1}'])
    expect((await stage.ask('show-parked-message', on('1'))).json).toMatchObject({
      body: '{"tpye":1}',
      state: 'resubmitted',
    })
  })

  test('that come back are open again, and are sent again', async () => {
    await stage.park('plain', {})
    await stage.ask('resubmit-parked-message', on('1'), { json: {} })
    await stage.park('plain', {})
    expect(await list()).toMatchObject([{ id: '1', attempts: 2, resubmissions: 1, decidedBy: null }])
    const again = await stage.ask('resubmit-parked-message', on('1'), { json: {} })
    expect(again.json).toMatchObject({ messages: [{ outcome: 'sent' }] })
    expect(await list('state=resubmitted')).toMatchObject([{ resubmissions: 2 }])
  })

  test('are sent by filter and by pages, the oldest first', async () => {
    for (let n = 0; n < 7; n += 1)
      await stage.park('plain', { body: bytes(`${n}`), reason: n < 6 ? 'A' : 'B' })
    const outcomes: unknown[] = []
    for (let after: string | null | undefined; after !== null;) {
      const json = { limit: 4, reason: 'A', ...(after === undefined ? {} : { after }) }
      const answer = await stage.ask('resubmit-parked-messages', { queue: 'plain' }, { json })
      const messages = answer.json?.['messages'] as { outcome: string }[]
      outcomes.push(...messages.map(({ outcome }) => outcome))
      after = answer.json?.['next'] as string | null
    }
    expect(outcomes).toEqual(Array.from({ length: 6 }, () => 'sent'))
    expect((await stage.waiting('plain')).map(({ body }) => String(body))).toEqual([
      '0',
      '1',
      '2',
      '3',
      '4',
      '5',
    ])
    expect(await list()).toMatchObject([{ reason: 'B' }])
  })

  test('stay as they are in a dry run', async () => {
    await stage.park('plain', { body: bytes('1') }, { body: bytes('2') })
    const params = { queue: 'plain' }
    const json = { dryRun: true }
    const sent = await stage.ask('resubmit-parked-messages', params, { json })
    const discarded = await stage.ask('discard-parked-messages', params, { json })
    const outcomes = [sent, discarded].map((answer) => answer.json?.['messages'])
    expect(outcomes).toMatchObject([
      [{ outcome: 'would-be-sent' }, { outcome: 'would-be-sent' }],
      [{ outcome: 'would-be-discarded' }, { outcome: 'would-be-discarded' }],
    ])
    expect(await list()).toHaveLength(2)
    expect(await stage.waiting('plain')).toEqual([])
    expect(await stage.actions()).toEqual([])
  })

  test('are discarded once, on record, and can still be shown', async () => {
    await stage.park('plain', { body: bytes('1') }, { body: bytes('2') }, { body: bytes('3') })
    const [{ id = '' } = {}] = (await list()) as { id?: string }[]
    for (const outcome of ['discarded', 'decided']) {
      const answer = await stage.ask('discard-parked-message', on(id), { json: {} })
      expect(answer.json).toMatchObject({ messages: [{ outcome }] })
    }
    const rest = await stage.ask('discard-parked-messages', { queue: 'plain' }, { json: {} })
    expect(rest.json).toMatchObject({ messages: [{ outcome: 'discarded' }, { outcome: 'discarded' }] })
    expect(await list('state=discarded')).toHaveLength(3)
    expect((await stage.ask('show-parked-message', on(id))).status).toBe(200)
    expect(await stage.waiting('plain')).toEqual([])
    expect(await stage.actions()).toMatchObject([
      { action: 'discard-parked-message', target: id },
      { action: 'discard-parked-messages', detail: 'discarded 2 messages' },
    ])
    const resubmitted = await stage.ask('resubmit-parked-message', on(id), { json: {} })
    expect(resubmitted.json).toMatchObject({ messages: [{ outcome: 'decided' }] })
  })
})
