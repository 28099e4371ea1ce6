import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { event, startApi } from '../support/api.ts'
import type { Answer, Api } from '../support/api.ts'
import { eventually } from '../support/local-run.ts'

let api: Api
let inspector: Client

beforeAll(async () => {
  api = await startApi({ own: true })
  inspector = new Client({ connectionString: api.run.postgres.inspector })
  await inspector.connect()
})
afterAll(async () => {
  await inspector?.end()
  await api?.run.stop()
})

const asOperator = (
  method: string,
  path: string,
  options: Parameters<Api['call']>[2] = {},
): Promise<Answer> => api.call(method, path, { token: api.tokens.operator, ...options })

const feed = (after?: string): Promise<Answer> =>
  api.call('GET', `/api/events?limit=100${after === undefined ? '' : `&after=${after}`}`)

const streamsOf = ({ json }: Answer): unknown[] =>
  ((json?.['events'] ?? []) as { streamId: string }[]).map(({ streamId }) => streamId)

/** The feed from a point on, until it holds as many events. */
async function feedOf(count: number, after?: string): Promise<{ streams: unknown[]; next: string }> {
  return eventually(async () => {
    const page = await feed(after)
    const streams = streamsOf(page)
    return streams.length >= count ? { streams, next: String(page.json?.['next']) } : undefined
  })
}

describe('the log, for an operator', () => {
  it('is told with what holds the feed', async () => {
    const appender = new Client({ connectionString: api.run.postgres.app })
    await appender.connect()
    // On a busy machine the limit of its login would end it before the command has answered.
    await appender.query('set idle_in_transaction_session_timeout = 0')
    await appender.query('begin')
    await appender.query(
      `select trickle_events_log.append(f.tenant_id, array['held'], null, array[-1], 1, '[{"s":1,"id":"held","type":"T"}]',
        null, null, null, null) from trickle_tenants_state.find_tenant('${api.slugs.acme}', 'any') f`,
    )
    const { rows } = await appender.query<{ pid: number }>('select pg_backend_pid() as pid')
    const held = await asOperator('GET', '/api/operations/log')
    expect([held.status, held.json]).toMatchObject([
      200,
      {
        horizon: { isHeld: true, seesSessions: true },
        // Beside one of the product's own that ends just then, and so proves nothing.
        holders: expect.arrayContaining([
          expect.objectContaining({
            kind: 'appender',
            pid: rows[0]?.pid,
            login: 'trickle_app',
            state: 'idle in transaction',
          }),
        ]) as unknown,
        epoch: { reason: 'the log begins' },
      },
    ])
    const { stdout } = await api.run.trickle('log', 'status')
    expect(stdout).toContain(`by process ${rows[0]?.pid} (trickle_app, in trickle`)
    const ready = await asOperator('GET', '/api/health/ready')
    expect(ready.json).toMatchObject({ status: 'ready', detail: { log: { horizonIsHeld: true } } })
    await appender.query('rollback')
    await appender.end()
  })

  it('is told to nobody else, and ready keeps its detail to itself', async () => {
    for (const [token, status] of [
      [null, 401],
      [api.tokens.acme, 403],
    ] as const) {
      expect((await api.call('GET', '/api/operations/log', { token })).status).toBe(status)
      const json = { reason: 'r' }
      expect((await api.call('POST', '/api/operations/log/epochs', { token, json })).status).toBe(status)
      const ready = await api.call('GET', '/api/health/ready', { token })
      expect(Object.keys(ready.json ?? {})).toEqual(['status', 'checks'])
    }
  })

  it.each([
    {},
    { reason: '' },
    { reason: 'r'.repeat(501) },
    { reason: 'r', from: 'middle' },
    { reason: 'r', from: 'end', restoredTo: '2026-01-01T00:00:00Z' },
    { reason: 'r', restoredTo: '2026-01-01T00:00:00' },
    { reason: 'r', restoredTo: '2999-01-01T00:00:00Z' },
  ])('begins no epoch with %j', async (json) => {
    const refused = await asOperator('POST', '/api/operations/log/epochs', { json })
    expect([refused.status, refused.json?.['code']]).toEqual([400, 'VALIDATION_FAILED'])
  })
})

describe('a new epoch', () => {
  it('ends cursors, which lead on to what they missed, and stops subscriptions until an operator decides', async () => {
    for (const stream of ['one', 'two', 'three']) await api.append(stream, { json: event })
    const whole = await feedOf(3)
    const behindOne = String((await api.call('GET', '/api/events?limit=1')).json?.['next'])
    const restoredTo = new Date().toISOString()
    await api.append('since', { json: event })
    const further = await feedOf(1, whole.next)
    // A subscription that begins after the new epoch belongs to it, and has nothing to be stopped for.
    await eventually(async () => {
      const { rows } = await inspector.query('select from trickle_subscriptions_state.subscriptions')
      return rows[0]
    })

    const request = {
      json: { reason: 'restored', restoredTo },
      headers: { 'idempotency-key': 'restore-1' },
    }
    const begun = await asOperator('POST', '/api/operations/log/epochs', request)
    expect([begun.status, begun.json]).toMatchObject([201, { ordinal: 2, reason: 'restored' }])
    const again = await asOperator('POST', '/api/operations/log/epochs', request)
    expect([again.json, again.headers.get('idempotency-replayed')]).toEqual([begun.json, 'true'])

    const refused = await feed(further.next)
    expect([refused.status, refused.json?.['code']]).toEqual([410, 'EPOCH_ENDED'])
    const resumed = await feedOf(1, String(refused.json?.['resumeAfter']))
    expect(resumed.streams).toEqual(['since'])
    expect((await feed(resumed.next)).status).toBe(200)
    await api.feedSettled()
    const early = await feed(behindOne)
    expect(streamsOf(await feed(String(early.json?.['resumeAfter'])))).toEqual(['two', 'three', 'since'])

    const stopped = await eventually(async () => {
      const { rows } = await inspector.query<{ name: string; error: string }>(
        "select name, error from trickle_subscriptions_state.subscriptions where state = 'stopped'",
      )
      return rows[0]
    })
    expect(stopped).toEqual({ name: 'forward-adx', error: 'the log has begun a new epoch' })
  })

  it('is begun by command', async () => {
    const { stdout } = await api.run.trickle('log', 'new-epoch', '--reason', 'by command', '--yes', '--json')
    const status = await asOperator('GET', '/api/operations/log')
    expect(status.json?.['epoch']).toEqual(JSON.parse(stdout))
    expect(status.json?.['earlierEpochs']).toHaveLength(2)
  })
})

describe('the keys that seal tokens', () => {
  const keyOf = (token: unknown): string => Buffer.from(String(token), 'base64url').toString('hex', 2, 6)
  const statesOf = async (): Promise<string[]> => {
    const { json } = await asOperator('GET', '/api/operations/log/seal-keys')
    return ((json?.['keys'] ?? []) as { state: string }[]).map(({ state }) => state)
  }

  it('seal what the product hands out, and are added and removed by an operator', async () => {
    const list = await asOperator('GET', '/api/operations/log/seal-keys')
    const [sealing] = (list.json?.['keys'] ?? []) as { id: string }[]
    const written = await api.append('sealed', { json: event })
    const token = written.headers.get('consistency-token')
    expect([keyOf(token), keyOf((await feed()).json?.['next'])]).toEqual([sealing?.id, sealing?.id])

    const added = await api.run.trickle('seal-keys', 'add', '--reason', 'a test', '--json')
    const { id } = JSON.parse(added.stdout) as { id: string }
    expect(await statesOf()).toEqual(['waiting', 'sealing'])
    expect((await feed(String((await feed()).json?.['next']))).status).toBe(200)
    expect((await api.run.trickle('seal-keys', 'list')).stdout).toContain('a test')
    await api.run.trickle('seal-keys', 'remove', id, '--yes')
    expect(await statesOf()).toEqual(['sealing'])
    const needed = await asOperator('POST', `/api/operations/log/seal-keys/${sealing?.id}/remove`)
    expect([needed.status, needed.json?.['code']]).toEqual([409, 'SEAL_KEY_NEEDED'])
    const gone = await asOperator('POST', `/api/operations/log/seal-keys/${id}/remove`)
    expect([gone.status, gone.json?.['code']]).toEqual([404, 'SEAL_KEY_NOT_FOUND'])
  })

  it('are shown to nobody but an operator, and their secrets to nobody', async () => {
    const keys = await asOperator('GET', '/api/operations/log/seal-keys')
    expect(JSON.stringify(keys.json)).not.toMatch(/[0-9a-f]{32}/)
    expect((await api.call('GET', '/api/operations/log/seal-keys')).status).toBe(403)
    const app = new Client({ connectionString: api.run.postgres.app })
    await app.connect()
    await expect(app.query('select from trickle_events_log.seal_keys')).rejects.toThrow('permission denied')
    await app.end()
  })
})
