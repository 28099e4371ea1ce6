import { describe, expect, it } from 'vitest'
import { batchIdOf, batchLimits } from '../../../shared/adx/index.ts'
import { Lease, runOnce } from '../../../shared/subscriptions/index.ts'
import { appendOf, noted } from '../event-store/support.ts'
import { expireLease } from '../subscriptions/support.ts'
import { hashOf, RecordingSender, rowsOf, textOf } from './recording-sender.ts'
import { ample, batchRows, forwarderOf, MortalDatabase, NAME, ProcessDied } from './support.ts'
import { distinct, useForwarderBench } from './forwarder-bench.ts'

const bench = useForwarderBench()

describe('a batch', () => {
  it('holds the events of all tenants in order, and is sent with what identifies it', async () => {
    const bolt = await bench.database.tenant('bolt')
    await bench.append('a', 3)
    await bench.store.append(bolt, appendOf('a', { events: noted(2) }))
    await bench.feedShows(5)
    const sender = new RecordingSender()
    expect(await runOnce(bench.pool, forwarderOf(bench.pool, sender), ample)).toEqual({
      outcome: 'done',
      events: 5,
      steps: 1,
    })
    const [batch] = sender.sent
    if (batch === undefined) throw new Error('nothing was sent')
    expect(rowsOf(batch)).toMatchObject([
      {
        TenantId: bench.acme.tenantId,
        StreamId: 'a',
        Version: 1,
        Payload: { n: 1 },
        BatchId: batch.sourceId,
      },
      { Version: 2 },
      { Version: 3 },
      { TenantId: bolt.tenantId, StreamId: 'a', Version: 1 },
      { Version: 2 },
    ])
    const [row] = await batchRows(bench.admin)
    expect(row).toMatchObject({
      batch_id: batch.sourceId,
      tag: batch.tag,
      blob_name: batch.blobName,
      state: 'sent',
      attempts: 1,
      event_count: 5,
      byte_count: String(batch.rawBytes),
      hash: hashOf(batch),
    })
    expect(batch).toMatchObject({
      table: 'EventsRaw',
      mapping: 'EventsJson',
      tag: batch.sourceId,
      blobName: `analytics__EventsRaw__${batch.sourceId}.json.gz`,
      rawBytes: Buffer.byteLength(textOf(batch)),
    })
    expect(batch.sourceId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  it('is not made when there is nothing to send', async () => {
    const sender = new RecordingSender()
    expect(await runOnce(bench.pool, forwarderOf(bench.pool, sender), ample)).toEqual({
      outcome: 'done',
      events: 0,
      steps: 0,
    })
    expect([sender.sent, await batchRows(bench.admin)]).toEqual([[], []])
  })

  it('is followed by others until 25,000 events are sent, none left out and none twice', async () => {
    for (let n = 0; n < 25; n += 1) await bench.append(`s${n % 3}`, 1_000)
    await bench.feedShows(25_000)
    const sender = new RecordingSender()
    await bench.forwardAll(sender, 25_000)
    expect(sender.sent.map((batch) => rowsOf(batch).length)).toEqual([batchLimits.eventsMax, 5_000])
    expect(distinct(sender)).toBe(25_000)
    for (const stream of ['s0', 's1', 's2']) {
      const versions = sender.rows.filter((row) => row.StreamId === stream).map((row) => row.Version)
      expect(versions).toEqual(versions.map((_, index) => index + 1))
    }
    const [first, second] = await batchRows(bench.admin)
    expect(second?.from_position).toBe(first?.to_position)
  })

  it('is bounded by bytes when events are large', async () => {
    const large = { type: 'Large', data: 'x'.repeat(1_040_000) }
    for (let n = 0; n < 6; n += 1)
      await bench.store.append(
        bench.acme,
        appendOf('large', { events: Array.from({ length: 7 }, () => large) }),
      )
    await bench.feedShows(42)
    const sender = new RecordingSender()
    await bench.forwardAll(sender, 42)
    expect(sender.sent.length).toBe(2)
    for (const batch of sender.sent) {
      expect(batch.rawBytes).toBeLessThanOrEqual(batchLimits.bytesMax + batchLimits.pageBytes + 1_048_576)
      expect(batch.content.length).toBeLessThan(batch.rawBytes)
    }
    expect(distinct(sender)).toBe(42)
  })
})

describe('a sealed batch', () => {
  /** A forwarder seals, and dies before it sends. */
  async function seal(): Promise<void> {
    await bench.append('s', 10)
    await bench.feedShows(10)
    const mortal = new MortalDatabase(bench.database.url('trickle_forwarder'), 'begin_attempt')
    await expect(runOnce(mortal, forwarderOf(mortal, new RecordingSender()), ample)).rejects.toBeInstanceOf(
      ProcessDied,
    )
    await mortal.end()
    await expireLease(bench.admin, NAME)
  }

  it('is not sent when the log does not hold what was sealed any more', async () => {
    await seal()
    await bench.admin.query(`update trickle_events_log.events set data = '"changed"' where version = 7`)
    const sender = new RecordingSender()
    await expect(runOnce(bench.pool, forwarderOf(bench.pool, sender), ample)).rejects.toMatchObject({
      code: 'SUBSCRIPTION_STOPPED',
    })
    expect(sender.sent).toEqual([])
  })

  it('is not sent after its epoch has ended, nor is anything else', async () => {
    await seal()
    await bench.admin.query("insert into trickle_events_log.epochs (reason) values ('a restore')")
    const sender = new RecordingSender()
    expect((await runOnce(bench.pool, forwarderOf(bench.pool, sender), ample)).outcome).toBe('stopped')
    await bench.admin.query(
      `update trickle_subscriptions_state.subscriptions set state = 'running', epoch = (select epoch from trickle_events_log.current_epoch())`,
    )
    await expect(runOnce(bench.pool, forwarderOf(bench.pool, sender), ample)).rejects.toMatchObject({
      code: 'SUBSCRIPTION_STOPPED',
    })
    expect(sender.sent).toEqual([])
  })

  it('has an id that follows from where it begins, and from nothing else', () => {
    const at = { xid: 5n, position: 7n }
    const ids = [
      batchIdOf('e1', 'n', at, 0),
      batchIdOf('e2', 'n', at, 0),
      batchIdOf('e1', 'm', at, 0),
      batchIdOf('e1', 'n', { ...at, xid: 6n }, 0),
      batchIdOf('e1', 'n', { ...at, position: 8n }, 0),
      batchIdOf('e1', 'n', at, 1),
    ]
    expect(new Set(ids).size).toBe(6)
    expect(batchIdOf('e1', 'n', { ...at }, 0)).toBe(ids[0])
  })

  it('takes its lease from one holder only', async () => {
    await seal()
    const lease = await Lease.acquire(bench.pool, NAME)
    expect(typeof lease).toBe('object')
    expect((await runOnce(bench.pool, forwarderOf(bench.pool, new RecordingSender()), ample)).outcome).toBe(
      'busy',
    )
  })
})
