import type { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { LogOperations, PostgresEventStore } from '../../../../shared/event-store/index.ts'
import type { EpochPoint, EventStore } from '../../../../shared/event-store/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { createDatabase } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'
import { feedSettled } from '../../../support/settled-feed.ts'
import { append } from '../append/order-checks.ts'
import { appendOf, codeOfRefusal, readFeedUntil, versionsOf } from '../support.ts'
import { TokenTools } from '../tokens/token-tools.ts'

const EVENTS = 5
const RESTORED_TO = '2026-05-05T12:00:00.000500Z'

let database: TestDatabase
let admin: Client
let store: EventStore
let tools: TokenTools
let acme: TenantContext
let log: LogOperations
/** What a consumer holds who has read events 1, 1 to 2, and so on, in the first epoch. */
let cursors: string[]

beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
  store = new PostgresEventStore(database.pool('trickle_app'))
  tools = await TokenTools.of(database)
  acme = await database.tenant('acme')
  log = new LogOperations(database.pool('trickle_operator'))
  for (let n = 0; n < EVENTS; n += 1) await store.append(acme, appendOf('s'))
  await feedSettled(database.adminUrl)
  const { pages } = await readFeedUntil(store, acme, EVENTS, { limit: 1 })
  cursors = pages.filter((page) => page.events.length > 0).map((page) => page.next)
})
afterAll(() => database.drop())
beforeEach(() => admin.query('delete from trickle_events_log.epochs where ordinal > 1'))

/**
 * Each event is given a time on the day of the restore, in seconds from it. From the last to the first, so that the
 * table holds them in another order than the feed.
 */
async function recordAt(...seconds: number[]): Promise<void> {
  for (const [index, offset] of [...seconds.entries()].toReversed())
    await admin.query(
      "update trickle_events_log.events set recorded_at = $1::timestamptz + make_interval(secs => $2) where stream_id = 's' and version = $3",
      [RESTORED_TO, offset, index + 1],
    )
}

/** The versions that a consumer gets who had read up to one, is refused, and goes on where the refusal says. */
async function versionsAfter(read: number): Promise<number[]> {
  const after = cursors[read - 1] ?? ''
  const refusal: unknown = await store.readFeed(acme, { after, limit: 10 }).catch((error: unknown) => error)
  expect(refusal).toMatchObject({ code: 'EPOCH_ENDED', status: 410 })
  const { resumeAfter } = (refusal as { extensions: { resumeAfter: string } }).extensions
  return versionsOf((await store.readFeed(acme, { after: resumeAfter, limit: 10 })).events)
}

const begin = (point: EpochPoint) => log.beginEpoch({ reason: 'a restore', point })

describe('a new epoch', () => {
  it('begins at the end: who had read everything gets nothing twice, who had not gets the rest', async () => {
    const { result, replayed } = await begin({ from: 'end' })
    expect({ ...result, replayed }).toMatchObject({ reason: 'a restore', ordinal: 2, replayed: false })
    const last = tools.checkpointOf(acme, cursors.at(-1) ?? '')
    expect(result).toMatchObject({ beganXid: `${last.xid}`, beganPosition: `${last.position}` })
    expect(await versionsAfter(5)).toEqual([])
    expect(await versionsAfter(2)).toEqual([3, 4, 5])
    const status = await log.status()
    expect(status.epoch).toEqual(result)
    expect(status.earlierEpochs.map(({ ordinal }) => ordinal)).toEqual([1])
  })

  it('begins at the beginning: everybody gets everything again', async () => {
    expect((await begin({ from: 'beginning' })).result).toMatchObject({ beganXid: '0', beganPosition: '0' })
    expect(await versionsAfter(5)).toEqual([1, 2, 3, 4, 5])
  })

  it('after a restore gives what was recorded since to who had read further than the restore', async () => {
    await recordAt(-2, -1, -0.001, 0, 1)
    await begin({ restoredTo: RESTORED_TO })
    expect(await versionsAfter(5)).toEqual([4, 5])
    expect(await versionsAfter(1)).toEqual([2, 3, 4, 5])
  })

  it('at the end, after events were let in since a restore, would skip them: that is what restoredTo is for', async () => {
    await begin({ from: 'end' })
    expect(await versionsAfter(5)).toEqual([])
  })

  it('begins before every event that was recorded since, whatever stands around it', async () => {
    await recordAt(-5, 3, -4, -3, 4)
    await begin({ restoredTo: RESTORED_TO })
    expect(await versionsAfter(5)).toEqual([2, 3, 4, 5])
  })

  it('takes a time before the first event for the beginning, and one after the last for the end', async () => {
    await recordAt(1, 2, 3, 4, 5)
    expect((await begin({ restoredTo: RESTORED_TO })).result).toMatchObject({
      beganXid: '0',
      beganPosition: '0',
    })
    const { result } = await begin({ restoredTo: '2026-05-05T14:00:10+02:00' })
    expect(result.beganPosition).toBe(`${tools.checkpointOf(acme, cursors.at(-1) ?? '').position}`)
  })

  it('never begins after an append that runs', async () => {
    const slow = await database.client('trickle_app')
    // On a busy machine the limit of its login would end it before the new epoch has begun.
    await slow.query('set idle_in_transaction_session_timeout = 0')
    await slow.query('begin')
    await append(slow, acme.tenantId, 'slow')
    await store.append(acme, appendOf('behind'))
    const { result } = await begin({ from: 'end' })
    await slow.query('rollback')
    expect(result.beganPosition).toBe(`${tools.checkpointOf(acme, cursors.at(-1) ?? '').position}`)
  })
})

describe('who has handled everything up to a point of an epoch', () => {
  it('goes on there, or where a later epoch branched off before it, and never further on', async () => {
    const operator = await database.client('trickle_operator')
    const from = async (epoch: string, xid: number, position: number): Promise<string> => {
      const { rows } = await operator.query<{ point: string }>(
        "select format('%s:%s', r.xid, r.position) as point from trickle_events_log.resume_point($1, $2, $3) r",
        [epoch, xid, position],
      )
      return rows[0]?.point ?? ''
    }
    const begun = async (xid: number, position: number): Promise<string> => {
      const { rows } = await operator.query<{ epoch: string }>(
        "select b.epoch from trickle_events_log.begin_epoch('a restore', $1, $2) b",
        [xid, position],
      )
      return rows[0]?.epoch ?? ''
    }
    const { epoch: first } = (await log.status()).epoch
    expect(await from(first, 50, 5)).toBe('50:5')
    const second = await begun(20, 2)
    const third = await begun(30, 3)
    expect(await from(first, 50, 5)).toBe('20:2')
    expect(await from(second, 50, 5)).toBe('30:3')
    expect(await from(third, 50, 5)).toBe('50:5')
    expect(await from(first, 20, 1)).toBe('20:1')
    expect(await from(second, 10, 9)).toBe('10:9')
    expect(await from('6ba7b810-9dad-41d1-80b4-00c04fd430c8', 50, 5)).toBe('20:2')
  })
})

describe('beginning an epoch', () => {
  it('is done once for an idempotency key', async () => {
    const key = { key: 'new-epoch', fingerprint: Buffer.from('f') }
    const first = await log.beginEpoch({ reason: 'a restore', point: { from: 'end' } }, key)
    const second = await log.beginEpoch({ reason: 'a restore', point: { from: 'end' } }, key)
    expect(second).toEqual({ result: first.result, replayed: true })
    expect((await log.status()).earlierEpochs).toHaveLength(1)
    const other = { key: 'new-epoch', fingerprint: Buffer.from('g') }
    expect(await codeOfRefusal(log.beginEpoch({ reason: 'b', point: { from: 'end' } }, other))).toBe(
      'IDEMPOTENCY_KEY_REUSED',
    )
  })

  it('is refused without a reason, with a point that is none, and to the app', async () => {
    const operator = await database.client('trickle_operator')
    for (const values of [
      ['', '0', 0],
      ['r'.repeat(501), '0', 0],
      ['r', '0', -1],
    ])
      expect(
        await codeOfRefusal(operator.query('select trickle_events_log.begin_epoch($1, $2, $3)', values)),
      ).toBe('22023')
    expect(await codeOfRefusal(operator.query("select trickle_events_log.epoch_point('middle', null)"))).toBe(
      '22023',
    )
    const app = await database.client('trickle_app')
    expect(await codeOfRefusal(app.query("select trickle_events_log.begin_epoch('r', '0', 0)"))).toBe('42501')
  })

  it('needs to know where events of all tenants stand, and shows an operator nothing else of them', async () => {
    const operator = await database.client('trickle_operator')
    const { rows } = await operator.query(
      'select xid, position, recorded_at from trickle_events_log.events limit 1',
    )
    expect(rows).toHaveLength(1)
    for (const column of ['event_id', 'data', 'metadata', 'subject_key', 'correlation_id'])
      expect(await codeOfRefusal(operator.query(`select ${column} from trickle_events_log.events`))).toBe(
        '42501',
      )
  })
})
