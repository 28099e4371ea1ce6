import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startLocalRun } from '../support/local-run.ts'
import type { LocalRun } from '../support/local-run.ts'

/** No timer runs meanwhile, so that what is forwarded was nudged. */
const ONCE_A_YEAR = '0 0 3 1 1 *'

let run: LocalRun
let inspector: Client

beforeAll(async () => {
  process.env['TRICKLE_BACKSTOP_SCHEDULE'] = ONCE_A_YEAR
  run = await startLocalRun()
  inspector = new Client({ connectionString: run.postgres.inspector })
  await inspector.connect()
})
afterAll(async () => {
  delete process.env['TRICKLE_BACKSTOP_SCHEDULE']
  await inspector?.end()
  await run?.stop()
})

const notForwarded = async (): Promise<number> => {
  const { rows } = await inspector.query<{ count: number }>(
    `select count(*)::int as count from trickle_events_log.events e
      where not exists (select from trickle_subscriptions_state.members m
        where m.name = 'forward-adx' and (e.xid, e.position) <= (m.xid, m.position))`,
  )
  return rows[0]?.count ?? -1
}

async function append(streamId: string): Promise<void> {
  const token = await run.token({ tenant: 'acme', roles: ['writer'] })
  const response = await fetch(`${run.url}/api/streams/${streamId}/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ events: [{ type: 'Noted', data: { n: 1 } }] }),
  })
  expect(response.status).toBe(201)
}

it('appends are forwarded by nudges alone, also several in a second', async () => {
  for (let round = 0; round < 4; round += 1) {
    await Promise.all([append(`a-${round}`), append(`b-${round}`)])
    await append(`c-${round}`)
    await expect.poll(notForwarded, { timeout: 60_000, interval: 50 }).toBe(0)
  }
  const { rows } = await inspector.query<{ sent: number }>(
    `select count(*)::int as sent from trickle_analytics_outbox.batches where state = 'sent'`,
  )
  expect(rows[0]?.sent).toBeGreaterThan(0)
})
