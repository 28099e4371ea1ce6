import type { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { PostgresEventStore } from '../../../../shared/event-store/index.ts'
import type { AppendRequest } from '../../../../shared/event-store/index.ts'
import { Database } from '../../../../shared/postgres/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { createDatabase } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'
import { TcpProxy } from '../../../../packages/tcp-proxy/index.ts'
import type { FaultAction } from '../../../../packages/tcp-proxy/index.ts'
import { pickBelow, scaled, seededRandom } from '../../../support/scale.ts'
import { appendOf } from '../support.ts'

/** Its text, and its name where the connection has prepared it. */
const BATCH = ['trickle_events_log.append_batch(', '\u0000append_batch_']
const CALLERS = 24
const rounds = scaled(12)
const ACTIONS: readonly FaultAction[] = ['cut-response', 'cut-request', 'cut-delayed']

let database: TestDatabase
let admin: Client
let acme: TenantContext
let bolt: TenantContext

beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
  acme = await database.tenant('acme')
  bolt = await database.tenant('bolt')
})
afterAll(() => database.drop())

/** Every third has a key, every third an id of its own, every third neither; some meet on one stream. */
function requestOf(round: number, caller: number): AppendRequest {
  const name = `r${round}-c${caller}`
  const streamId = caller % 6 === 0 ? `r${round}-hot` : name
  return appendOf(streamId, {
    events: [{ ...(caller % 3 === 1 ? { id: name } : {}), type: 'Noted', data: { name } }],
    ...(caller % 3 === 0 ? { idempotency: { key: name, fingerprint: Buffer.from(name) } } : {}),
  })
}

it('a batch whose answer is lost is resolved for each of its callers, and nothing is there twice', async () => {
  const random = seededRandom(17)
  const proxy = await TcpProxy.start(database.url('trickle_app'))
  for (let round = 0; round < rounds; round += 1) {
    // A pool of its own has retries left again: a batch of callers fails at once here.
    const pool = new Database({
      url: proxy.url(database.url('trickle_app')),
      connectionsMax: 4,
      statements: round % 2 === 0 ? 'named' : 'unnamed',
    })
    const store = new PostgresEventStore(pool)
    const fault = {
      action: ACTIONS[pickBelow(random, ACTIONS.length)] ?? 'cut-response',
      when: BATCH,
      delayMs: pickBelow(random, 30),
    }
    proxy.arm(fault)
    const results = await Promise.all(
      Array.from({ length: CALLERS }, (_, caller) =>
        store.append(caller % 2 === 0 ? acme : bolt, requestOf(round, caller)),
      ),
    )
    for (const [caller, result] of results.entries()) {
      const { rows } = await admin.query<{ version: string; name: string }>(
        `select version, data ->> 'name' as name from trickle_events_log.events where tenant_id = $1 and data ->> 'name' = $2`,
        [caller % 2 === 0 ? acme.tenantId : bolt.tenantId, `r${round}-c${caller}`],
      )
      expect(rows).toEqual([{ version: String(result.version), name: `r${round}-c${caller}` }])
    }
    // A batch was sent, and it was this round's fault that befell it.
    expect(proxy.faultsUsed).toBe(round + 1)
    await pool.end()
  }
  await proxy.close()
})
