import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TrickleError } from '../../../../shared/errors/index.ts'
import { PostgresEventStore } from '../../../../shared/event-store/index.ts'
import type { Database } from '../../../../shared/postgres/index.ts'
import { runOnce } from '../../../../shared/subscriptions/index.ts'
import type { FeedEvent, FeedReader, Lease, Subscriber } from '../../../../shared/subscriptions/index.ts'
import { createDatabase } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'
import { appendOf, noted } from '../../event-store/support.ts'
import { endWait, expireLease, subscriptionRow } from '../support.ts'
import { feedSettled } from '../../../support/settled-feed.ts'

let database: TestDatabase
let admin: Client
let pool: Database

const EVENTS = 25
const ample = { timeMs: 60_000, stepsMax: 1_000 }

beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
  pool = database.pool('trickle_forwarder', 5)
  const store = new PostgresEventStore(database.pool('trickle_app'))
  const acme = await database.tenant('acme')
  for (let n = 0; n < EVENTS / 5; n += 1)
    await store.append(acme, appendOf(`s${n % 2}`, { events: noted(5) }))
  await feedSettled(database.adminUrl)
})
afterAll(() => database.drop())

/** Handles the feed in batches of ten and remembers what it has seen. */
class Collector implements Subscriber {
  readonly name: string
  readonly seen: string[] = []
  readonly #before: (lease: Lease, step: number) => Promise<void> | void
  steps = 0

  constructor(name: string, before: (lease: Lease, step: number) => Promise<void> | void = () => {}) {
    this.name = name
    this.#before = before
  }

  async step(lease: Lease, feed: FeedReader): Promise<number> {
    this.steps += 1
    await this.#before(lease, this.steps)
    const events = await feed.read(lease.checkpoint, null, 10, 1_000_000)
    const last = events.at(-1)
    if (last === undefined) return 0
    await lease.advance(last)
    this.seen.push(...events.map(label))
    return events.length
  }
}

const label = (event: FeedEvent): string => `${event.streamId} ${event.version}`

async function runToEnd(collector: Collector): Promise<void> {
  expect((await runOnce(pool, collector, ample)).outcome).toBe('done')
  expect(collector.seen).toHaveLength(EVENTS)
}

describe('a run', () => {
  it('handles everything there is, in order and once, and gives the lease back', async () => {
    const collector = new Collector('everything')
    await runToEnd(collector)
    expect(new Set(collector.seen).size).toBe(EVENTS)
    const ofStream = collector.seen.filter((event) => event.startsWith('s0 '))
    expect(ofStream).toEqual(ofStream.map((_, index) => `s0 ${index + 1}`))
    expect(await subscriptionRow(admin, 'everything')).toMatchObject({ lease_owner: null, failures: 0 })
    expect(await runOnce(pool, collector, ample)).toEqual({ outcome: 'done', events: 0, steps: 0 })
  })

  it('ends when its budget of steps or of time is spent, between two steps', async () => {
    const collector = new Collector('budget')
    expect(await runOnce(pool, collector, { ...ample, timeMs: 0 })).toEqual({
      outcome: 'budget-spent',
      events: 0,
      steps: 0,
    })
    expect(await runOnce(pool, collector, { ...ample, stepsMax: 1 })).toEqual({
      outcome: 'budget-spent',
      events: 10,
      steps: 1,
    })
    expect(collector.seen).toHaveLength(10)
    expect((await subscriptionRow(admin, 'budget')).lease_owner).toBeNull()
    await runToEnd(collector)
  })

  it('works once, however many are called at once', async () => {
    const collectors = Array.from({ length: 10 }, () => new Collector('crowd'))
    const seen = () => collectors.flatMap((collector) => collector.seen)
    const results = await Promise.all(collectors.map((collector) => runOnce(pool, collector, ample)))
    expect(results.filter((result) => result.outcome !== 'busy').length).toBeGreaterThan(0)
    expect(seen()).toHaveLength(EVENTS)
    expect(new Set(seen()).size).toBe(EVENTS)
  })

  it('that fails keeps what it has done, is put off, and goes on after it', async () => {
    const failing = new Collector('failing', (_lease, step) => {
      if (step === 2) throw new Error('it broke')
    })
    await expect(runOnce(pool, failing, ample)).rejects.toThrow('it broke')
    expect(failing.seen).toHaveLength(10)
    expect(await subscriptionRow(admin, 'failing')).toMatchObject({
      failures: 1,
      error: 'it broke',
      lease_owner: null,
    })
    expect((await runOnce(pool, failing, ample)).outcome).toBe('waiting')
    await endWait(admin, 'failing')
    await runToEnd(failing)
    expect(new Set(failing.seen).size).toBe(EVENTS)
    expect(await subscriptionRow(admin, 'failing')).toMatchObject({ failures: 0, error: null })
  })

  it('whose lease another has taken over gives way: no failure is noted, and nothing is thrown', async () => {
    const second = new Collector('taken')
    const first = new Collector('taken', async () => {
      await expireLease(admin, 'taken')
      await runToEnd(second)
    })
    const result = await runOnce(pool, first, ample)
    expect(['busy', 'done']).toContain(result.outcome)
    expect(first.seen).toEqual([])
    expect(new Set(second.seen).size).toBe(EVENTS)
    expect(await subscriptionRow(admin, 'taken')).toMatchObject({ failures: 0, error: null })
  })

  it('that was paused on its way gives way too', async () => {
    const paused = new Collector('paused', async (lease) => {
      await admin.query(
        "update trickle_subscriptions_state.subscriptions set state = 'paused' where name = 'paused'",
      )
      await lease.renew()
    })
    expect(await runOnce(pool, paused, ample)).toMatchObject({ outcome: 'busy' })
    expect(await subscriptionRow(admin, 'paused')).toMatchObject({
      failures: 0,
      error: null,
      lease_owner: null,
    })
    expect(await runOnce(pool, paused, ample)).toMatchObject({ outcome: 'paused' })
  })

  it('passes on every other error as it came', async () => {
    const refused = new TrickleError('ANALYTICS_UNAVAILABLE', 'no answer')
    const failing = new Collector('refused', () => {
      throw refused
    })
    await expect(runOnce(pool, failing, ample)).rejects.toBe(refused)
  })

  it('stops with the epoch', async () => {
    const collector = new Collector('epoch')
    await runToEnd(collector)
    await admin.query("insert into trickle_events_log.epochs (reason) values ('a restore')")
    expect(await runOnce(pool, collector, ample)).toEqual({ outcome: 'stopped', events: 0, steps: 0 })
    await admin.query('delete from trickle_events_log.epochs where ordinal > 1')
  })
})

describe('a subscription that can not go on by itself', () => {
  it('is stopped with its reason until somebody decides', async () => {
    const subscriber = new Collector('undecided', () => {
      throw new TrickleError('SUBSCRIPTION_STOPPED', 'The batch has other content now.')
    })
    await expect(runOnce(pool, subscriber, ample)).rejects.toMatchObject({ code: 'SUBSCRIPTION_STOPPED' })
    expect(await runOnce(pool, subscriber, ample)).toEqual({ outcome: 'stopped', events: 0, steps: 0 })
    const { rows } = await admin.query<{ state: string; error: string }>(
      "select state, error from trickle_subscriptions_state.subscriptions where name = 'undecided'",
    )
    expect(rows).toEqual([{ state: 'stopped', error: 'The batch has other content now.' }])
  })
})
