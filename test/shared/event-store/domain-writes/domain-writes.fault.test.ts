import { randomUUID } from 'node:crypto'
import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DomainWrites } from '../../../../shared/event-store/index.ts'
import { Database } from '../../../../shared/postgres/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { createDatabase, createOwnServer } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'
import { TcpProxy } from '../../../../packages/tcp-proxy/index.ts'
import type { Fault } from '../../../../packages/tcp-proxy/index.ts'
import { pickBelow, scaled, seededRandom } from '../../../support/scale.ts'
import { codeOfRefusal } from '../support.ts'
import { createAccounts, opening, twoAccounts, withdrawal } from './stage.ts'

/** Its text, and its name where the connection has prepared it. */
const LOCKS = ['lock_for_write(', '\u0000lock_for_write_']
const LAST_TRIP = ['refuse_outcome(', '\u0000append_']

let database: TestDatabase
let acme: TenantContext

beforeAll(async () => {
  database = await createDatabase()
  await createAccounts(database)
  acme = await database.tenant('acme')
})
afterAll(() => database.drop())

/** Writes behind a proxy of their own, on one connection. */
async function proxied() {
  const proxy = await TcpProxy.start(database.url('trickle_app'))
  const pool = new Database({
    url: proxy.url(database.url('trickle_app')),
    connectionsMax: 1,
    statements: 'named',
  })
  return {
    proxy,
    writes: new DomainWrites(pool),
    close: async () => {
      await pool.end()
      await proxy.close()
    },
  }
}

describe('a write whose connection is lost', () => {
  it.each<[string, readonly string[], Fault['action']]>([
    ['before the locks are asked for', LOCKS, 'cut-request'],
    ['before the answer of the locks', LOCKS, 'cut-response'],
    ['before the last trip arrives', LAST_TRIP, 'cut-request'],
    ['before the answer of COMMIT', LAST_TRIP, 'cut-response'],
    ['while its last trip is still on its way', LAST_TRIP, 'cut-delayed'],
  ])('%s is done once, in the table and in the log', async (_when, when, action) => {
    const { proxy, writes, close } = await proxied()
    const account = randomUUID()
    await writes.write(acme, opening(acme.tenantId, account, 100))
    proxy.arm({ action, when, delayMs: 50 })
    const result = await writes.write(acme, withdrawal(acme.tenantId, account, 30))
    expect(proxy.faultsArmed).toBe(0)
    expect(result.streams[0]).toMatchObject({ streamId: account, version: 2 })
    expect(await twoAccounts(database, account)).toEqual({ table: '70 at 2', events: '70 at 2' })
    await close()
  })

  it('is decided again from what is there now, and not when it was done', async () => {
    const { proxy, writes, close } = await proxied()
    const account = randomUUID()
    await writes.write(acme, opening(acme.tenantId, account, 100))
    const decided: number[] = []
    const write = withdrawal(acme.tenantId, account, 30)
    const counting: typeof write = {
      ...write,
      decide: (rows) => {
        decided.push(rows[0][0]?.balance ?? 0)
        return write.decide(rows)
      },
    }
    proxy.arm({ action: 'cut-request', when: LAST_TRIP })
    expect(await writes.write(acme, counting)).toMatchObject({ replayed: false })
    expect(decided).toEqual([100, 100])
    proxy.arm({ action: 'cut-response', when: LAST_TRIP })
    expect(await writes.write(acme, counting)).toMatchObject({ replayed: true, streams: [{ version: 3 }] })
    expect(decided).toEqual([100, 100, 70])
    expect(await twoAccounts(database, account)).toEqual({ table: '40 at 3', events: '40 at 3' })
    await close()
  })
})

describe('many writes over lost connections', () => {
  const random = seededRandom()
  it('leave table and log alike, and every refusal wrote nothing', async () => {
    const { proxy, writes, close } = await proxied()
    const account = randomUUID()
    const start = 10 * scaled(40)
    await writes.write(acme, opening(acme.tenantId, account, start))
    const actions: readonly Fault['action'][] = ['cut-response', 'cut-request', 'cut-delayed']
    const outcomes: string[] = []
    for (let nth = 0; nth < scaled(40); nth += 1) {
      if (pickBelow(random, 3) > 0)
        proxy.arm({
          action: actions[pickBelow(random, actions.length)] ?? 'cut-response',
          when: pickBelow(random, 3) === 0 ? LOCKS : LAST_TRIP,
          delayMs: 5,
        })
      const idempotency = { key: randomUUID(), fingerprint: Buffer.alloc(32, nth) }
      const write = withdrawal(acme.tenantId, account, 1, { idempotency })
      const outcome = await codeOfRefusal(writes.write(acme, write))
      outcomes.push(outcome)
      if (outcome === 'OUTCOME_UNKNOWN') await writes.write(acme, write)
    }
    const refused = outcomes.filter((outcome) => outcome !== 'done' && outcome !== 'OUTCOME_UNKNOWN')
    expect(refused.filter((code) => !['DATABASE_UNAVAILABLE', 'DATABASE_BUSY'].includes(code))).toEqual([])
    const done = outcomes.length - refused.length
    const balance = `${start - done} at ${done + 1}`
    expect(await twoAccounts(database, account)).toEqual({ table: balance, events: balance })
    expect(done).toBeGreaterThan(outcomes.length / 2)
    await close()
  })
})

describe('a client that stands still', () => {
  let own: Awaited<ReturnType<typeof createOwnServer>>
  let reader: Client
  let bystander: TenantContext
  let frozen: TenantContext
  beforeAll(async () => {
    own = await createOwnServer({ settings: { autovacuum: false } })
    await createAccounts(own)
    reader = await own.client('trickle_forwarder')
    bystander = await own.tenant('bystander')
    frozen = await own.tenant('frozen')
  })
  afterAll(() => own.drop())

  const feed = async (): Promise<string[]> => {
    const { rows } = await reader.query<{ stream_id: string }>(
      `select stream_id from trickle_events_log.read_feed('0', 0, null, null, 1000, 10000000)`,
    )
    return rows.map((row) => row.stream_id)
  }

  it("before the last trip holds nobody's feed; after a first write it would hold everybody's", async () => {
    const writes = new DomainWrites(own.pool('trickle_app'))
    const seen: string[][] = []
    await writes.write(frozen, {
      ...opening(frozen.tenantId, 'frozen-1', 1),
      decide: async (rows) => {
        // Stands here as long as another tenant needs to write and a reader to read.
        await writes.write(bystander, opening(bystander.tenantId, 'beside-1', 1))
        seen.push(await feed())
        return opening(frozen.tenantId, 'frozen-1', 1).decide(rows)
      },
    })
    expect(seen).toEqual([['beside-1']])
    expect(await feed()).toEqual(['beside-1', 'frozen-1'])

    // The same with a write before it stands still: the feed ends before what the other tenant wrote.
    const early = await own.client('trickle_app')
    await early.query('begin')
    await early.query('select trickle_events_log.lock_for_write($1, $2, $3, 1, null)', [
      frozen.tenantId,
      [],
      ['frozen-2'],
    ])
    await early.query(
      'insert into trickle_banking_state.accounts (tenant_id, account_id, owner_name, balance, version) values ($1, $2, $2, 1, 1)',
      [frozen.tenantId, 'frozen-2'],
    )
    await writes.write(bystander, opening(bystander.tenantId, 'beside-2', 1))
    expect(await feed()).toEqual(['beside-1', 'frozen-1'])
    await early.query('rollback')
    expect(await feed()).toEqual(['beside-1', 'frozen-1', 'beside-2'])
  })
})
