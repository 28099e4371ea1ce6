import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer } from '../../local/postgres/index.ts'
import type { TestServer } from '../../local/postgres/index.ts'
import { TcpProxy } from '../../packages/tcp-proxy/index.ts'
import { breakerLimits } from '../../shared/postgres/index.ts'
import { startLocalRun } from '../support/local-run.ts'
import type { LocalRun } from '../support/local-run.ts'
import { eventually } from '../support/eventually.ts'

/**
 * What a refusal may take on a machine that is shared. The shortest wait for a connection that is refused is three
 * attempts with their delays; for one that is not answered it is 5 s.
 */
const AT_ONCE_MS = 50

let server: TestServer
let proxy: TcpProxy
let run: LocalRun
let token: string
let operator: string

beforeAll(async () => {
  server = await startTestServer()
  proxy = await TcpProxy.start(server.adminUrl)
  const via = new URL(proxy.url(server.adminUrl)).host
  run = await startLocalRun('--postgres', server.adminUrl, '--postgres-via', via)
  token = await run.token({ tenant: 'acme', roles: ['writer', 'reader'] })
  operator = await run.token({ roles: ['operator'] })
}, 120_000)
afterAll(async () => {
  await run.stop()
  await proxy.close()
  await server.dispose()
})

const append = (): Promise<Response> =>
  fetch(`${run.url}/api/streams/order-1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'OrderPlaced', data: {} }),
  })
const readiness = (url: string): Promise<Response> =>
  fetch(`${url}/api/health/ready`, { headers: { authorization: `Bearer ${operator}` } })

it('requests are refused at once while the database is away, with the time to come back after, and served when it is back', async () => {
  await eventually(async () => (await append()).status).toBe(201)
  proxy.refusesNew = true
  proxy.cutAll()
  await eventually(async () => (await append()).json()).toMatchObject({
    code: 'DATABASE_UNAVAILABLE',
    detail: expect.stringContaining('so nothing is sent to it until it is asked again'),
  })

  const { refused } = proxy
  const tookMs: number[] = []
  const startedMs = performance.now()
  for (let request = 0; request < 100; request += 1) {
    const sentMs = performance.now()
    const answer = await append()
    tookMs.push(performance.now() - sentMs)
    expect(answer.status).toBe(503)
    expect(answer.headers.get('Retry-After')).toMatch(/^[1-5]$/)
    expect(await answer.json()).toMatchObject({ code: 'DATABASE_UNAVAILABLE', retryable: true })
    await sleep(5)
  }
  const median = tookMs.toSorted((a, b) => a - b)[50]
  expect(median).toBeLessThan(AT_ONCE_MS)
  // A hundred requests, and the timers of the background app beside them, cost the server a few probes.
  const probesMax = 5 * (3 + (performance.now() - startedMs) / breakerLimits.firstProbeMs)
  expect(proxy.refused - refused).toBeLessThan(probesMax)

  const ready = await readiness(run.url)
  expect([ready.status, await ready.json()]).toMatchObject([503, { checks: { database: 'unavailable' } }])
  await eventually(async () => (await readiness(run.background.url)).json()).toMatchObject({
    checks: { database: 'unavailable' },
    detail: { databases: expect.arrayContaining([expect.objectContaining({ isReachable: false })]) },
  })

  proxy.refusesNew = false
  const backMs = performance.now()
  await eventually(async () => (await append()).status).toBe(201)
  expect(performance.now() - backMs).toBeLessThan(breakerLimits.longestProbeMs + 5_000)
  await eventually(async () => (await readiness(run.url)).status).toBe(200)
}, 120_000)
