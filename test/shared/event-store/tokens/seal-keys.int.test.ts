import type { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  checkConsistency,
  CurrentEpoch,
  PostgresEventStore,
  SealKeyOperations,
  SealKeys,
} from '../../../../shared/event-store/index.ts'
import type { FeedPage } from '../../../../shared/event-store/index.ts'
import type { Database } from '../../../../shared/postgres/index.ts'
import { TenantDirectory } from '../../../../shared/tenancy/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { createDatabase } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'
import { feedSettled } from '../../../support/settled-feed.ts'
import { appendOf, codeOfRefusal, noted, readFeedUntil, versionsOf, viewsOf } from '../support.ts'

const EVENTS = 3
/** A fingerprint of some request. */
const fingerprint = Buffer.alloc(32, 7)

let database: TestDatabase
let admin: Client
let app: Database
let keys: SealKeyOperations
let acme: TenantContext
let nowMs: number

beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
  app = database.pool('trickle_app')
  keys = new SealKeyOperations(database.pool('trickle_operator', 2))
  acme = await database.tenant('acme')
  const store = new PostgresEventStore(app)
  await store.append(acme, appendOf('s', { events: noted(EVENTS) }))
  await feedSettled(database.adminUrl)
})
afterAll(() => database.drop())
beforeEach(async () => {
  nowMs = 0
  await admin.query("delete from trickle_events_log.seal_keys where reason <> 'the log begins'")
  await admin.query(
    "insert into trickle_events_log.seal_keys (reason) select 'the log begins' where not exists (select from trickle_events_log.seal_keys)",
  )
  await admin.query("update trickle_events_log.seal_keys set seals_from = now() - interval '1 day'")
})

/** An instance of the app, with what it knows. */
interface Instance {
  readonly store: PostgresEventStore
  readonly sealKeys: SealKeys
  readonly currentEpoch: CurrentEpoch
}

async function instance(): Promise<Instance> {
  const sealKeys = new SealKeys(app, () => nowMs)
  await sealKeys.recent()
  return {
    sealKeys,
    store: new PostgresEventStore(app, { sealKeys }),
    currentEpoch: new CurrentEpoch(app, () => nowMs),
  }
}

/** Moves the time at which keys seal, instead of waiting. */
const letTimePass = (seconds: number) =>
  admin.query('update trickle_events_log.seal_keys set seals_from = seals_from - make_interval(secs => $1)', [
    seconds,
  ])

const add = async (reason = 'a test'): Promise<string> => (await keys.add(reason)).result.id
const statesOf = async (): Promise<string[]> => (await keys.list()).map(({ state }) => state)
const idOf = (token: string): string => Buffer.from(token, 'base64url').toString('hex', 2, 6)
const firstPage = ({ store }: Instance): Promise<FeedPage> => store.readFeed(acme, { limit: 1 })
/** How many of the first events come after a token. They are of one append, so all of them can be read, or none. */
const countAfter = async ({ store }: Instance, after: string): Promise<number> =>
  viewsOf((await store.readFeed(acme, { after, limit: EVENTS })).events).filter(
    ({ streamId }) => streamId === 's',
  ).length

describe('a key that is added', () => {
  it('opens at once, seals after a minute on every instance, and leaves earlier tokens good', async () => {
    const [here, there] = [await instance(), await instance()]
    const { next: before } = await firstPage(here)
    const id = await add()
    expect(await statesOf()).toEqual(['waiting', 'sealing'])
    nowMs = 30_000
    const { next: waiting } = await firstPage(here)
    expect([idOf(before), idOf(waiting)]).not.toContain(id)
    expect(waiting).toBe(before)
    await letTimePass(61)
    expect(await statesOf()).toEqual(['sealing', 'opening'])
    nowMs = 60_000
    const { next: after } = await firstPage(here)
    expect(idOf(after)).toBe(id)
    for (const token of [before, after])
      for (const each of [here, there]) expect(await countAfter(each, token)).toBe(EVENTS - 1)
  })

  it('gives a reader at the end its token in a new form once, and then the same again', async () => {
    const here = await instance()
    const read = (after: string) => here.store.readFeed(lone, { after, limit: 100 })
    const lone = await database.tenant('lone')
    await here.store.append(lone, appendOf('s'))
    const end = (await readFeedUntil(here.store, lone, 1)).pages.at(-1)?.next ?? ''
    await add()
    await letTimePass(61)
    nowMs = 30_000
    const renewed = await read(end)
    expect(renewed.events).toEqual([])
    expect(renewed.next).not.toBe(end)
    expect(await read(renewed.next)).toMatchObject({ events: [], next: renewed.next })
  })

  it('is known, before it seals, to everybody who has looked since it was added', async () => {
    const late = await instance()
    await add()
    nowMs = 30_000
    await firstPage(late)
    await letTimePass(61)
    const { next } = await firstPage(await instance())
    const query = vi.spyOn(app, 'query')
    expect(await countAfter(late, next)).toBe(EVENTS - 1)
    expect(query).toHaveBeenCalledTimes(1)
    query.mockRestore()
  })

  it('is asked for by an instance that meets its token and has not heard of it', async () => {
    const late = await instance()
    await add()
    await letTimePass(61)
    const { next } = await firstPage(await instance())
    expect(await countAfter(late, next)).toBe(EVENTS - 1)
  })

  it('is added once for an idempotency key, and has an id and a secret of its own', async () => {
    const idempotency = { key: 'add-once', fingerprint: fingerprint }
    const first = await keys.add('once', idempotency)
    const again = await keys.add('once', idempotency)
    expect(again).toEqual({ result: first.result, replayed: true })
    await add()
    const { rows } = await admin.query<{ secret: string }>(
      "select encode(secret, 'hex') as secret from trickle_events_log.seal_keys",
    )
    expect(new Set(rows.map(({ secret }) => secret)).size).toBe(3)
    const list = await keys.list()
    expect(list.map(({ reason }) => reason)).toEqual(['a test', 'once', 'the log begins'])
    expect(rows.filter(({ secret }) => JSON.stringify(list).includes(secret))).toEqual([])
  })

  it('is refused beside sixteen others, and without a reason', async () => {
    for (let n = 1; n < 16; n += 1) await add()
    expect(await codeOfRefusal(keys.add('one more'))).toBe('SEAL_KEYS_FULL')
    expect(await statesOf()).toHaveLength(16)
    await expect(admin.query("select trickle_events_log.add_seal_key('')")).rejects.toMatchObject({
      code: '22023',
    })
  })
})

describe('a key that is removed', () => {
  it('must not be the one that seals, nor its predecessor of the last minute', async () => {
    const [first = ''] = (await keys.list()).map(({ id }) => id)
    expect(await codeOfRefusal(keys.remove(first))).toBe('SEAL_KEY_NEEDED')
    const second = await add()
    expect(await codeOfRefusal(keys.remove(first))).toBe('SEAL_KEY_NEEDED')
    await letTimePass(61)
    expect(await codeOfRefusal(keys.remove(first))).toBe('SEAL_KEY_NEEDED')
    await letTimePass(60)
    expect(await codeOfRefusal(keys.remove(second))).toBe('SEAL_KEY_NEEDED')
    expect((await keys.remove(first)).result).toEqual({ removed: first })
    expect(await codeOfRefusal(keys.remove(first))).toBe('SEAL_KEY_NOT_FOUND')
    expect(await statesOf()).toEqual(['sealing'])
  })

  it('may be one that waits', async () => {
    const id = await add()
    expect((await keys.remove(id)).result).toEqual({ removed: id })
    expect(await statesOf()).toEqual(['sealing'])
  })

  it('is answered as removed again for the same idempotency key', async () => {
    const id = await add()
    const idempotency = { key: `remove-${id}`, fingerprint: fingerprint }
    expect((await keys.remove(id, idempotency)).replayed).toBe(false)
    expect(await keys.remove(id, idempotency)).toEqual({ result: { removed: id }, replayed: true })
  })

  it('ends its cursors with 410 and a point that leaves nothing out, and its consistency tokens with 410', async () => {
    const here = await instance()
    const { next } = await firstPage(here)
    const { consistencyToken } = await here.store.append(acme, appendOf('other'))
    const [first = ''] = (await keys.list()).map(({ id }) => id)
    await add()
    await letTimePass(121)
    await keys.remove(first)
    nowMs = 30_000
    const refusal: unknown = await countAfter(here, next).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'EPOCH_ENDED', status: 410 })
    const { resumeAfter } = (refusal as { extensions: { resumeAfter: string } }).extensions
    const { events } = await here.store.readFeed(acme, { after: resumeAfter, limit: EVENTS })
    expect(versionsOf(events)).toEqual([1, 2, 3])
    await expect(checkConsistency(here, acme, consistencyToken)).rejects.toMatchObject({
      code: 'EPOCH_ENDED',
      status: 410,
    })
  })
})

describe('a token of another database', () => {
  it('is answered like one of an ended epoch, not like a damaged one', async () => {
    const elsewhere = await createDatabase()
    const other = await elsewhere.client('admin')
    await other.query('delete from trickle_events_log.seal_keys')
    await other.query("insert into trickle_events_log.seal_keys (reason) values ('another log')")
    const { next } = await new PostgresEventStore(elsewhere.pool('trickle_app')).readFeed(acme, { limit: 1 })
    await elsewhere.drop()
    const here = await instance()
    expect(await codeOfRefusal(countAfter(here, next))).toBe('EPOCH_ENDED')
    const damaged = `${next.slice(0, 4)}${next[4] === 'A' ? 'B' : 'A'}${next.slice(5)}`
    expect(await codeOfRefusal(countAfter(here, damaged))).toBe('INVALID_CURSOR')
  })
})

describe('the keys of an instance', () => {
  it('are asked for once in 30 seconds, and once by all who ask together', async () => {
    const query = vi.spyOn(app, 'query')
    const sealKeys = new SealKeys(app, () => nowMs)
    const rings = await Promise.all([sealKeys.recent(), sealKeys.recent()])
    expect(rings[0]).toBe(rings[1])
    nowMs = 29_999
    await sealKeys.recent()
    expect(query).toHaveBeenCalledTimes(1)
    nowMs = 30_000
    expect(await sealKeys.recent()).toBe(rings[0])
    expect(query).toHaveBeenCalledTimes(2)
    query.mockRestore()
  })

  it('come with the look-up of a tenant when they are 15 seconds old, so that nobody asks for them alone', async () => {
    const sealKeys = new SealKeys(app, () => nowMs)
    // The directory tells the time of its question by the real clock.
    const { learn, ...companion } = sealKeys.companion
    const learned: number[] = []
    const lookUp = () =>
      new TenantDirectory(app, 'slug', {
        ...companion,
        learn(text) {
          learned.push(nowMs)
          learn(text, nowMs)
        },
      }).resolve('acme')
    const query = vi.spyOn(app, 'query')
    for (nowMs of [0, 5_000, 14_999, 15_000, 29_999, 30_000]) {
      await lookUp()
      await sealKeys.recent()
    }
    expect(learned).toEqual([0, 15_000, 30_000])
    expect(query).toHaveBeenCalledTimes(6)
    query.mockRestore()
  })

  it('are not undone by an older answer that comes later', async () => {
    const sealKeys = new SealKeys(app)
    const { sealing } = await sealKeys.recent()
    const outdated = JSON.stringify([{ id: 'ffffffff', secret: '00'.repeat(32), seals: true }])
    sealKeys.companion.learn(outdated, -1)
    expect((await sealKeys.recent()).sealing).toBe(sealing)
  })

  it('that can not be had stop an append before anything is written', async () => {
    const cold = new PostgresEventStore(app)
    const query = vi.spyOn(app, 'query').mockRejectedValueOnce(new Error('away'))
    await expect(cold.append(acme, appendOf('not-written'))).rejects.toThrow('away')
    query.mockRestore()
    expect(await codeOfRefusal(cold.streamInfo(acme, 'not-written'))).toBe('STREAM_NOT_FOUND')
    expect(await cold.append(acme, appendOf('not-written'))).toMatchObject({ version: 1 })
  })

  it('are there when a clock was set back so far that none should seal yet', async () => {
    await add()
    await letTimePass(-3_600)
    const { rows } = await admin.query<{ keys: { seals: boolean }[] }>(
      'select trickle_events_log.seal_keys() as keys',
    )
    expect(rows[0]?.keys.map(({ seals }) => seals).sort()).toEqual([false, true])
    await admin.query("update trickle_events_log.seal_keys set seals_from = now() + interval '1 day'")
    expect((await (await instance()).sealKeys.recent()).byId.size).toBe(2)
  })
})
