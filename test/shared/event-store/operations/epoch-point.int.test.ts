import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDatabase } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'
import { feedSettled } from '../../../support/settled-feed.ts'

const RESTORED_TO = '2026-05-05T12:00:00Z'
const MINUTES = 180
const EVENTS_PER_MINUTE = 10

let database: TestDatabase
let admin: Client

/** Writes events of one minute in a transaction of their own. @returns the position of the last one. */
async function eventsAt(tenantId: string, minute: number): Promise<string> {
  const { rows } = await admin.query<{ position: string }>(
    `insert into trickle_events_log.events
        (tenant_id, stream_id, version, event_id, type, occurred_at, recorded_at, data)
      select $1, 'minute:' || $2::int, n, format('%s:%s', $2::int, n), 'Noted', now(),
          $3::timestamptz + make_interval(mins => $2), 'null' from generate_series(1, $4::int) n
      returning position`,
    [tenantId, minute, RESTORED_TO, EVENTS_PER_MINUTE],
  )
  return rows.at(-1)?.position ?? ''
}

/** How many rows of the log the work reads. */
async function rowsReadOf(work: () => Promise<void>): Promise<number> {
  const count = async (): Promise<number> => {
    const { rows } = await admin.query<{ count: string }>(
      `select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) as count from pg_stat_xact_all_tables
        where schemaname = 'trickle_events_log'`,
    )
    return Number(rows[0]?.count)
  }
  await admin.query('begin')
  try {
    const before = await count()
    await work()
    return (await count()) - before
  } finally {
    await admin.query('rollback')
  }
}

async function pointOf(restoredTo: string): Promise<string> {
  const { rows } = await admin.query<{ position: string }>(
    'select p.position from trickle_events_log.epoch_point(null, $1) p',
    [restoredTo],
  )
  return rows[0]?.position ?? ''
}

describe('the point after a restore, in a log of three hours', () => {
  let lastBefore: string

  beforeAll(async () => {
    database = await createDatabase()
    admin = await database.client('admin')
    const { tenantId } = await database.tenant('large')
    for (let minute = -MINUTES; minute < 0; minute += 1) lastBefore = await eventsAt(tenantId, minute)
    for (let minute = 0; minute < 5; minute += 1) await eventsAt(tenantId, minute)
    await feedSettled(database.adminUrl)
  })
  afterAll(() => database.drop())

  it('is the last event before it, and is found without reading the log', async () => {
    const rowsRead = await rowsReadOf(async () => {
      expect(await pointOf(RESTORED_TO)).toBe(lastBefore)
    })
    expect(rowsRead).toBeGreaterThan(0)
    // Ten minutes of events, and for each step of the search one row in each partition.
    expect(rowsRead).toBeLessThan((MINUTES * EVENTS_PER_MINUTE) / 3)
  })

  it('is before the first event for a time before it, and the last event for a time after it', async () => {
    expect(await pointOf('2026-05-05T08:00:00Z')).toBe('0')
    const { rows } = await admin.query<{ last: string }>(
      'select max(position) as last from trickle_events_log.events',
    )
    expect(await pointOf('2026-05-06T00:00:00Z')).toBe(rows[0]?.last)
  })
})
