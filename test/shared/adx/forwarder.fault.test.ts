import { describe, expect, it } from 'vitest'
import { Database } from '../../../shared/postgres/index.ts'
import { runOnce } from '../../../shared/subscriptions/index.ts'
import { TcpProxy } from '../../../packages/tcp-proxy/index.ts'
import { endWait, expireLease, subscriptionRow } from '../subscriptions/support.ts'
import { hashOf, RecordingSender, rowsOf } from './recording-sender.ts'
import { ample, batchRows, forwarderOf, MortalDatabase, NAME, ProcessDied } from './support.ts'
import { eventually } from '../../support/eventually.ts'
import { distinct, useForwarderBench } from './forwarder-bench.ts'

const bench = useForwarderBench()

describe('a forwarder that dies', () => {
  it.each([
    ['before it seals', 'seal_batch', 0],
    ['after the seal', 'begin_attempt', 0],
    ['before it sends', 'subscription_renew', 1],
    ['after the send', 'complete_batch', 1],
  ])(
    '%s is followed by one that sends the same batch, and the checkpoint moves once',
    async (_what, dieAt, attempts) => {
      await bench.append('s', 10)
      await bench.feedShows(10)
      const sender = new RecordingSender()
      const mortal = new MortalDatabase(bench.database.url('trickle_forwarder'), dieAt)
      await expect(runOnce(mortal, forwarderOf(mortal, sender), ample)).rejects.toBeInstanceOf(ProcessDied)
      await mortal.end()
      const sealed = await batchRows(bench.admin)
      expect(sealed.map((row) => row.attempts)).toEqual(dieAt === 'seal_batch' ? [] : [attempts])
      expect(await subscriptionRow(bench.admin, NAME)).toMatchObject({ xid: '0', position: '0' })

      // What comes in between belongs into the next batch, once the range is frozen.
      await bench.append('late', 5)
      await bench.feedShows(15)
      await expireLease(bench.admin, NAME)
      await bench.forwardAll(sender, dieAt === 'complete_batch' ? 25 : 15)
      const isSealed = dieAt !== 'seal_batch'
      const [first, second, third] = sender.sent
      expect(sender.sent.map((batch) => rowsOf(batch).length)).toEqual(
        dieAt === 'complete_batch' ? [10, 10, 5] : isSealed ? [10, 5] : [15],
      )
      // The second sending of one batch is the first to the letter; a batch of later events is another.
      expect(JSON.stringify(second) === JSON.stringify(first)).toBe(dieAt === 'complete_batch')
      expect(third?.tag === first?.tag).toBe(false)
      const rows = await batchRows(bench.admin)
      expect(rows.every((row) => row.state === 'sent')).toBe(true)
      expect(rows[0]).toMatchObject({
        batch_id: first?.sourceId,
        tag: first?.tag,
        blob_name: first?.blobName,
      })
      expect(rows[0]?.hash).toBe(first === undefined ? '' : hashOf(first))
      expect(distinct(sender)).toBe(15)
    },
  )

  it.each(['trickle_analytics_outbox.seal(', 'trickle_analytics_outbox.complete('])(
    'to itself, because the answer to %s was lost, leaves nothing out and nothing twice under its tag',
    async (when) => {
      await bench.append('s', 10)
      await bench.feedShows(10)
      const proxy = await TcpProxy.start(bench.database.url('trickle_forwarder'))
      const cut = new Database({
        url: proxy.url(bench.database.url('trickle_forwarder')),
        connectionsMax: 1,
        statements: 'unnamed',
      })
      proxy.arm({ action: 'cut-response', when })
      const sender = new RecordingSender()
      await expect(runOnce(cut, forwarderOf(cut, sender), ample)).rejects.toMatchObject({
        code: 'OUTCOME_UNKNOWN',
      })
      await cut.end()
      await proxy.close()
      expect(await subscriptionRow(bench.admin, NAME)).toMatchObject({ failures: 1, lease_owner: null })
      await endWait(bench.admin, NAME)
      await bench.forwardAll(sender, 10)
      expect(new Set(sender.sent.map((batch) => batch.tag)).size).toBe(1)
      expect((await batchRows(bench.admin)).map((row) => row.state)).toEqual(['sent'])
    },
  )
})

describe('a service that fails', () => {
  it('is told, is given time, and gets the same batch again', async () => {
    await bench.append('s', 10)
    await bench.feedShows(10)
    const failing = new RecordingSender((attempt) => {
      if (attempt < 3) throw new Error(`the service said no, ${attempt}`)
    })
    const forwarder = forwarderOf(bench.pool, failing)
    for (const attempt of [1, 2]) {
      await expect(runOnce(bench.pool, forwarder, ample)).rejects.toMatchObject({
        code: 'ANALYTICS_UNAVAILABLE',
        retryable: true,
        cause: { message: `the service said no, ${attempt}` },
      })
      expect(await subscriptionRow(bench.admin, NAME)).toMatchObject({
        failures: attempt,
        lease_owner: null,
        position: '0',
        error: expect.stringContaining(`the service said no, ${attempt}`) as string,
      })
      expect((await runOnce(bench.pool, forwarder, ample)).outcome).toBe('waiting')
      await endWait(bench.admin, NAME)
    }
    const [sealed] = await batchRows(bench.admin)
    expect(sealed).toMatchObject({ state: 'sealed', attempts: 2 })
    expect((await runOnce(bench.pool, forwarder, ample)).events).toBe(10)
    expect(await batchRows(bench.admin)).toEqual([{ ...sealed, state: 'sent', attempts: 3 }])
    expect(await subscriptionRow(bench.admin, NAME)).toMatchObject({ failures: 0, error: null })
  })
})

describe('several forwarders', () => {
  it('that run at once send every event once', async () => {
    for (let n = 0; n < 10; n += 1) await bench.append(`s${n}`, 20)
    await bench.feedShows(200)
    const sender = new RecordingSender()
    await eventually(async () => {
      await Promise.all(
        Array.from({ length: 10 }, () => runOnce(bench.pool, forwarderOf(bench.pool, sender), ample)),
      )
      return sender.rows.length
    }).toBe(200)
    expect(distinct(sender)).toBe(200)
  })

  it('one of which stood still while it sent: the other sends the same batch, and the late one changes nothing', async () => {
    await bench.append('s', 10)
    await bench.feedShows(10)
    const second = new RecordingSender()
    const first = new RecordingSender(async () => {
      await expireLease(bench.admin, NAME)
      await bench.append('later', 5)
      await bench.feedShows(15)
      await bench.forwardAll(second, 15)
    })
    expect(await runOnce(bench.pool, forwarderOf(bench.pool, first), ample)).toMatchObject({
      outcome: 'busy',
      events: 0,
    })
    expect(JSON.stringify(first.sent)).toBe(JSON.stringify(second.sent.slice(0, 1)))
    const rows = await batchRows(bench.admin)
    expect(rows.map((row) => [row.state, row.event_count])).toEqual([
      ['sent', 10],
      ['sent', 5],
    ])
    expect((await subscriptionRow(bench.admin, NAME)).position).toBe(rows[1]?.to_position)
  })
})
