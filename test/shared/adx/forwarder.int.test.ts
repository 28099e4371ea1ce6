import type { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { batchIdOf, batchLimits } from '../../../shared/adx/index.ts'
import { PostgresEventStore, type EventStore } from '../../../shared/event-store/index.ts'
import { Database } from '../../../shared/postgres/index.ts'
import { Lease, runOnce } from '../../../shared/subscriptions/index.ts'
import type { TenantContext } from '../../../shared/tenancy/index.ts'
import { createOwnServer } from '../../support/database.ts'
import { TcpProxy } from '../../support/proxy.ts'
import { appendOf, noted } from '../event-store/support.ts'
import { endWait, expireLease, subscriptionRow } from '../subscriptions/support.ts'
import { hashOf, RecordingSender, rowsOf, textOf } from './recording-sender.ts'
import { AMPLE, batchRows, forwarderOf, MortalDatabase, NAME, ProcessDied } from './support.ts'
import { eventually } from '../../support/eventually.ts'

let database: Awaited<ReturnType<typeof createOwnServer>>
let admin: Client
let pool: Database
let store: EventStore
let acme: TenantContext

beforeAll(async () => {
  // What runs beside it on a shared server can end a page early, and a batch with it.
  database = await createOwnServer({ settings: { autovacuum: false } })
  admin = await database.client('admin')
  pool = database.pool('trickle_forwarder', 5)
  store = new PostgresEventStore(database.pool('trickle_app', 5))
  acme = await database.tenant('acme')
})
afterAll(() => database.drop())
// The feed is that of all tenants: each test begins with an empty log.
beforeEach(() =>
  admin.query(
    `truncate trickle_events_log.events, trickle_events_log.streams, trickle_subscriptions_state.subscriptions,
       trickle_subscriptions_state.members, trickle_analytics_outbox.batches;
     delete from trickle_events_log.epochs where ordinal > 1`,
  ),
)

const append = (streamId: string, count: number) =>
  store.append(acme, appendOf(streamId, { events: noted(count) }))

/** Runs until everything has been sent: on the shared server one poll may end early. */
async function forwardAll(sender: RecordingSender, events: number): Promise<void> {
  await eventually(async () => {
    await runOnce(pool, forwarderOf(pool, sender), AMPLE)
    return sender.rows.length
  }).toBe(events)
}

/** The feed shows everything that was appended: from then on one run is enough. */
async function feedShows(events: number): Promise<void> {
  const reader = await database.client('trickle_forwarder')
  await eventually(
    async () =>
      (await reader.query("select from trickle_events_log.read_feed('0', 0, null, null, 100000, 100000000)"))
        .rowCount,
  ).toBe(events)
}

const distinct = (sender: RecordingSender): number =>
  new Set(sender.rows.map((row) => `${row.TenantId} ${row.EventId}`)).size

describe('a batch', () => {
  it('holds the events of all tenants in order, and is sent with what identifies it', async () => {
    const bolt = await database.tenant('bolt')
    await append('a', 3)
    await store.append(bolt, appendOf('a', { events: noted(2) }))
    await feedShows(5)
    const sender = new RecordingSender()
    expect(await runOnce(pool, forwarderOf(pool, sender), AMPLE)).toEqual({
      outcome: 'done',
      events: 5,
      steps: 1,
    })
    const [batch] = sender.sent
    if (batch === undefined) throw new Error('nothing was sent')
    expect(rowsOf(batch)).toMatchObject([
      { TenantId: acme.tenantId, StreamId: 'a', Version: 1, Payload: { n: 1 }, BatchId: batch.sourceId },
      { Version: 2 },
      { Version: 3 },
      { TenantId: bolt.tenantId, StreamId: 'a', Version: 1 },
      { Version: 2 },
    ])
    const [row] = await batchRows(admin)
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
    expect(await runOnce(pool, forwarderOf(pool, sender), AMPLE)).toEqual({
      outcome: 'done',
      events: 0,
      steps: 0,
    })
    expect([sender.sent, await batchRows(admin)]).toEqual([[], []])
  })

  it('is followed by others until 25,000 events are sent, none left out and none twice', async () => {
    for (let n = 0; n < 25; n += 1) await append(`s${n % 3}`, 1_000)
    await feedShows(25_000)
    const sender = new RecordingSender()
    await forwardAll(sender, 25_000)
    expect(sender.sent.map((batch) => rowsOf(batch).length)).toEqual([batchLimits.eventsMax, 5_000])
    expect(distinct(sender)).toBe(25_000)
    for (const stream of ['s0', 's1', 's2']) {
      const versions = sender.rows.filter((row) => row.StreamId === stream).map((row) => row.Version)
      expect(versions).toEqual(versions.map((_, index) => index + 1))
    }
    const [first, second] = await batchRows(admin)
    expect(second?.from_position).toBe(first?.to_position)
  })

  it('is bounded by bytes when events are large', async () => {
    const large = { type: 'Large', data: 'x'.repeat(1_040_000) }
    for (let n = 0; n < 6; n += 1)
      await store.append(acme, appendOf('large', { events: Array.from({ length: 7 }, () => large) }))
    await feedShows(42)
    const sender = new RecordingSender()
    await forwardAll(sender, 42)
    expect(sender.sent.length).toBe(2)
    for (const batch of sender.sent) {
      expect(batch.rawBytes).toBeLessThanOrEqual(batchLimits.bytesMax + batchLimits.pageBytes + 1_048_576)
      expect(batch.content.length).toBeLessThan(batch.rawBytes)
    }
    expect(distinct(sender)).toBe(42)
  })
})

describe('a forwarder that dies', () => {
  it.each([
    ['before it seals', 'seal_batch', 0],
    ['behind the seal', 'begin_attempt', 0],
    ['before it sends', 'subscription_renew', 1],
    ['behind the send', 'complete_batch', 1],
  ])(
    '%s is followed by one that sends the same batch, and the checkpoint moves once',
    async (_what, dieAt, attempts) => {
      await append('s', 10)
      await feedShows(10)
      const sender = new RecordingSender()
      const mortal = new MortalDatabase(database.url('trickle_forwarder'), dieAt)
      await expect(runOnce(mortal, forwarderOf(mortal, sender), AMPLE)).rejects.toBeInstanceOf(ProcessDied)
      await mortal.end()
      const sealed = await batchRows(admin)
      expect(sealed.map((row) => row.attempts)).toEqual(dieAt === 'seal_batch' ? [] : [attempts])
      expect(await subscriptionRow(admin, NAME)).toMatchObject({ xid: '0', position: '0' })

      // What comes in between belongs into the next batch, once the range is frozen.
      await append('late', 5)
      await feedShows(15)
      await expireLease(admin, NAME)
      await forwardAll(sender, dieAt === 'complete_batch' ? 25 : 15)
      const isSealed = dieAt !== 'seal_batch'
      const [first, second, third] = sender.sent
      expect(sender.sent.map((batch) => rowsOf(batch).length)).toEqual(
        dieAt === 'complete_batch' ? [10, 10, 5] : isSealed ? [10, 5] : [15],
      )
      // The second sending of one batch is the first to the letter; a batch of later events is another.
      expect(JSON.stringify(second) === JSON.stringify(first)).toBe(dieAt === 'complete_batch')
      expect(third?.tag === first?.tag).toBe(false)
      const rows = await batchRows(admin)
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
      await append('s', 10)
      await feedShows(10)
      const proxy = await TcpProxy.start(database.url('trickle_forwarder'))
      const cut = new Database({
        url: proxy.url(database.url('trickle_forwarder')),
        connectionsMax: 1,
        statements: 'unnamed',
      })
      proxy.arm({ action: 'cut-response', when })
      const sender = new RecordingSender()
      await expect(runOnce(cut, forwarderOf(cut, sender), AMPLE)).rejects.toMatchObject({
        code: 'OUTCOME_UNKNOWN',
      })
      await cut.end()
      await proxy.close()
      expect(await subscriptionRow(admin, NAME)).toMatchObject({ failures: 1, lease_owner: null })
      await endWait(admin, NAME)
      await forwardAll(sender, 10)
      expect(new Set(sender.sent.map((batch) => batch.tag)).size).toBe(1)
      expect((await batchRows(admin)).map((row) => row.state)).toEqual(['sent'])
    },
  )
})

describe('a service that fails', () => {
  it('is told, is given time, and gets the same batch again', async () => {
    await append('s', 10)
    await feedShows(10)
    const failing = new RecordingSender((attempt) => {
      if (attempt < 3) throw new Error(`the service said no, ${attempt}`)
    })
    const forwarder = forwarderOf(pool, failing)
    for (const attempt of [1, 2]) {
      await expect(runOnce(pool, forwarder, AMPLE)).rejects.toMatchObject({
        code: 'ANALYTICS_UNAVAILABLE',
        retryable: true,
        cause: { message: `the service said no, ${attempt}` },
      })
      expect(await subscriptionRow(admin, NAME)).toMatchObject({
        failures: attempt,
        lease_owner: null,
        position: '0',
        error: expect.stringContaining(`the service said no, ${attempt}`) as string,
      })
      expect((await runOnce(pool, forwarder, AMPLE)).outcome).toBe('waiting')
      await endWait(admin, NAME)
    }
    const [sealed] = await batchRows(admin)
    expect(sealed).toMatchObject({ state: 'sealed', attempts: 2 })
    expect((await runOnce(pool, forwarder, AMPLE)).events).toBe(10)
    expect(await batchRows(admin)).toEqual([{ ...sealed, state: 'sent', attempts: 3 }])
    expect(await subscriptionRow(admin, NAME)).toMatchObject({ failures: 0, error: null })
  })
})

describe('several forwarders', () => {
  it('that run at once send every event once', async () => {
    for (let n = 0; n < 10; n += 1) await append(`s${n}`, 20)
    await feedShows(200)
    const sender = new RecordingSender()
    await eventually(async () => {
      await Promise.all(Array.from({ length: 10 }, () => runOnce(pool, forwarderOf(pool, sender), AMPLE)))
      return sender.rows.length
    }).toBe(200)
    expect(distinct(sender)).toBe(200)
  })

  it('one of which stood still while it sent: the other sends the same batch, and the late one changes nothing', async () => {
    await append('s', 10)
    await feedShows(10)
    const second = new RecordingSender()
    const first = new RecordingSender(async () => {
      await expireLease(admin, NAME)
      await append('later', 5)
      await feedShows(15)
      await forwardAll(second, 15)
    })
    expect(await runOnce(pool, forwarderOf(pool, first), AMPLE)).toMatchObject({ outcome: 'busy', events: 0 })
    expect(JSON.stringify(first.sent)).toBe(JSON.stringify(second.sent.slice(0, 1)))
    const rows = await batchRows(admin)
    expect(rows.map((row) => [row.state, row.event_count])).toEqual([
      ['sent', 10],
      ['sent', 5],
    ])
    expect((await subscriptionRow(admin, NAME)).position).toBe(rows[1]?.to_position)
  })
})

describe('a sealed batch', () => {
  /** A forwarder seals, and dies before it sends. */
  async function seal(): Promise<void> {
    await append('s', 10)
    await feedShows(10)
    const mortal = new MortalDatabase(database.url('trickle_forwarder'), 'begin_attempt')
    await expect(runOnce(mortal, forwarderOf(mortal, new RecordingSender()), AMPLE)).rejects.toBeInstanceOf(
      ProcessDied,
    )
    await mortal.end()
    await expireLease(admin, NAME)
  }

  it('is not sent when the log does not hold what was sealed any more', async () => {
    await seal()
    await admin.query(`update trickle_events_log.events set data = '"changed"' where version = 7`)
    const sender = new RecordingSender()
    await expect(runOnce(pool, forwarderOf(pool, sender), AMPLE)).rejects.toMatchObject({
      code: 'SUBSCRIPTION_STOPPED',
    })
    expect(sender.sent).toEqual([])
  })

  it('is not sent after its epoch has ended, nor is anything else', async () => {
    await seal()
    await admin.query("insert into trickle_events_log.epochs (reason) values ('a restore')")
    const sender = new RecordingSender()
    expect((await runOnce(pool, forwarderOf(pool, sender), AMPLE)).outcome).toBe('stopped')
    await admin.query(
      `update trickle_subscriptions_state.subscriptions set state = 'running', epoch = (select epoch from trickle_events_log.current_epoch())`,
    )
    await expect(runOnce(pool, forwarderOf(pool, sender), AMPLE)).rejects.toMatchObject({
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
    const lease = await Lease.acquire(pool, NAME)
    expect(typeof lease).toBe('object')
    expect((await runOnce(pool, forwarderOf(pool, new RecordingSender()), AMPLE)).outcome).toBe('busy')
  })
})
