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

describe('what goes wrong with a parked message loses nothing', () => {
  test('an id that is not there, or is of another queue', async () => {
    await stage.park('once', {})
    for (const id of ['1', '77']) {
      for (const verb of ['resubmit', 'discard']) {
        const answer = await stage.ask(`${verb}-parked-message`, on(id), { json: {} })
        expect([answer.status, answer.json?.['code']]).toEqual([404, 'PARKED_MESSAGE_NOT_FOUND'])
      }
      expect((await stage.ask('show-parked-message', on(id))).status).toBe(404)
    }
    expect((await stage.ask('show-parked-message', on('x'))).status).toBe(400)
  })

  test('a queue that is not there any more: its messages are listed, and not sent', async () => {
    await stage.park('gone', {})
    const listed = await stage.ask('list-parked-messages', { queue: 'gone' })
    expect(listed.json).toMatchObject({ messages: [{ queue: 'gone' }] })
    const refused = await stage.ask('resubmit-parked-message', { queue: 'gone', id: '1' }, { json: {} })
    expect([refused.status, refused.json?.['code']]).toEqual([404, 'QUEUE_NOT_FOUND'])
    expect((await stage.ask('list-parked-messages', { queue: 'never' })).status).toBe(404)
  })

  test('the process ends between sending and recording: it is open still, and is sent again', async () => {
    await stage.park('plain', { messageId: 'm1' })
    const admin = await stage.database.client('admin')
    const rights = 'execute on function trickle_messages_state.decide'
    await admin.query(`revoke ${rights} from trickle_operator`)
    const died = await stage.ask('resubmit-parked-message', on('1'), { json: {} })
    expect(died.status).toBeGreaterThanOrEqual(500)
    await admin.query(`grant ${rights} to trickle_operator`)
    expect(await list()).toMatchObject([{ id: '1', resubmissions: 0 }])
    const again = await stage.ask('resubmit-parked-message', on('1'), { json: {} })
    expect(again.json).toMatchObject({ messages: [{ outcome: 'sent' }] })
    expect(await stage.waiting('plain')).toMatchObject([{ messageId: 'm1' }, { messageId: 'm1' }])
  })

  test('Service Bus is away in the middle: what was sent is recorded, and the next call sends the rest', async () => {
    for (let n = 0; n < 4; n += 1) await stage.park('plain', { body: bytes(`${n}`) })
    await stage.ask('resubmit-parked-message', on('1'), { json: {} })
    const proxied = await stage.ask('resubmit-parked-message', on('2'), { json: {} })
    expect(proxied.status).toBe(200)
    stage.broker.faults.set({ rules: [{ on: 'send', action: 'drop-connection', queue: 'plain' }] })
    const failed = await stage.ask('resubmit-parked-messages', { queue: 'plain' }, { json: {} })
    expect([failed.status, failed.json?.['code']]).toEqual([503, 'SERVICE_BUS_UNAVAILABLE'])
    expect(await list()).toMatchObject([{ id: '3' }, { id: '4' }])
    stage.broker.faults.set({ rules: [] })
    const rest = await stage.ask('resubmit-parked-messages', { queue: 'plain' }, { json: {} })
    expect(rest.json).toMatchObject({
      messages: [
        { id: '3', outcome: 'sent' },
        { id: '4', outcome: 'sent' },
      ],
    })
    expect((await stage.waiting('plain')).map(({ body }) => String(body))).toEqual(['0', '1', '2', '3'])
  })

  test('a message without the session that its queue needs is refused and stays', async () => {
    await stage.park('ordered', {})
    const answer = await stage.ask('resubmit-parked-messages', { queue: 'ordered' }, { json: {} })
    expect(answer.json).toMatchObject({
      messages: [{ outcome: 'refused', problems: [expect.stringContaining('no session')] }],
    })
  })

  test('a message that would fail at once is refused, and an edit that mends nothing is, too', async () => {
    await stage.park('plain', { body: bytes('{"secret":') })
    const all = await stage.ask('resubmit-parked-messages', { queue: 'plain' }, { json: {} })
    const problems = [expect.stringContaining('JSON')]
    expect(all.json).toMatchObject({ messages: [{ outcome: 'refused', problems }] })
    expect((await stage.ask('show-parked-message', on('1'))).json).toMatchObject({ problems })
    for (const dryRun of [true, false]) {
      const json = { body: '{"secret":}', dryRun }
      const edited = await stage.ask('resubmit-parked-message', on('1'), { json })
      expect([edited.status, edited.json]).toMatchObject([
        400,
        {
          code: 'VALIDATION_FAILED',
          errors: [{ pointer: '/body', message: expect.stringContaining('column 11') }],
        },
      ])
      expect(edited.text).not.toContain('secret')
    }
    expect(await stage.waiting('plain')).toEqual([])
    expect(await list()).toMatchObject([{ id: '1', resubmissions: 0 }])
  })

  test('an envelope is judged as its queue would: each wrong place is told, and none of what stands there', async () => {
    const good = { tenant: 'acme', id: 'i', streamId: 's', type: 'A', data: { secret: 1 } }
    const { type: _type, ...typeless } = good
    await stage.park('letters', { body: bytes(JSON.stringify({ ...typeless, tpye: 'secret' })) })
    const params = { queue: 'letters', id: '1' }
    const all = await stage.ask('resubmit-parked-messages', { queue: 'letters' }, { json: { dryRun: true } })
    const problems = expect.arrayContaining([expect.stringContaining('/type: ')]) as unknown
    expect(all.json).toMatchObject({ messages: [{ outcome: 'refused', problems }] })
    for (const body of ['[]', '{}', '"a"', JSON.stringify({ ...good, streamId: 'a b' })]) {
      const edited = await stage.ask('resubmit-parked-message', params, { json: { body } })
      expect([body, edited.status, edited.json?.['code']]).toEqual([body, 400, 'VALIDATION_FAILED'])
      expect(edited.text).not.toContain('secret')
    }
    expect(await stage.waiting('letters')).toEqual([])
    const mended = await stage.ask('resubmit-parked-message', params, {
      json: { body: JSON.stringify(good) },
    })
    expect(mended.json).toMatchObject({ messages: [{ outcome: 'sent' }] })
    expect(await stage.waiting('letters')).toHaveLength(1)
  })

  test('a message of which a part was kept is refused, and an edited one is sent', async () => {
    await stage.park('plain', { body: Buffer.alloc(9_437_185, 'x'), contentType: null })
    const answer = await stage.ask('resubmit-parked-message', on('1'), { json: {} })
    expect(answer.json).toMatchObject({ messages: [{ outcome: 'refused' }] })
    const edited = await stage.ask('resubmit-parked-message', on('1'), { json: { body: 'short' } })
    expect(edited.json).toMatchObject({ messages: [{ outcome: 'sent' }] })
  })

  test('a body that is larger than the queue takes is refused', async () => {
    await stage.park('plain', { body: Buffer.alloc(1_000_000, 'x'), contentType: null })
    const own = await stage.ask('resubmit-parked-message', on('1'), { json: {} })
    expect(own.json).toMatchObject({ messages: [{ outcome: 'refused' }] })
    const edited = await stage.ask('resubmit-parked-message', on('1'), {
      json: { body: 'y'.repeat(1_000_000) },
    })
    expect([edited.status, edited.json?.['code']]).toEqual([413, 'MESSAGE_TOO_LARGE'])
    expect(await list()).toHaveLength(1)
  })
})
