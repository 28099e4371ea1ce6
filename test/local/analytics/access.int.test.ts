import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { Client, KustoConnectionStringBuilder } from 'azure-kusto-data'
import { pages, send } from '../loopback/page.ts'
import { ask, DATABASE_NAME, startHarness } from './harness.ts'
import type { Harness } from './harness.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let harness: Harness
let origin: string
let token: string
beforeAll(async () => {
  harness = await startHarness()
  ;({ origin, password: token } = new URL(harness.analytics.url))
})
afterAll(async () => {
  await harness.close()
})

const dropEvents = JSON.stringify({ db: DATABASE_NAME, csl: '.drop table EventsRaw' })
const plan = JSON.stringify({ rules: [{ match: '/', cut: true }] })

/** What a page would try, as a request that a browser sends without asking first: [method, path, body]. */
const driven = [
  ['POST', '/v1/rest/mgmt', dropEvents],
  ['POST', '/v1/rest/query', dropEvents],
  ['POST', '/v2/rest/query', dropEvents],
  ['POST', `/v1/rest/ingest/${DATABASE_NAME}/EventsRaw?streamFormat=json&mappingName=EventsJson`, '{}'],
  ['GET', '/v1/rest/ping', ''],
  ['POST', '/faults', plan],
  ['GET', '/faults', ''],
  ['DELETE', '/faults', ''],
  ['GET', '/healthz', ''],
  ['GET', '/v1/rest/auth/metadata', ''],
  ['GET', '/trickle/?comp=list', ''],
] as const

async function nothingHasHappened(): Promise<void> {
  expect(await ask(harness.analytics.url, 'EventsRaw | count')).toEqual([{ Count: 0 }])
  const faults = await send(harness.analytics.faultsUrl, { host: 'localhost' })
  expect([faults.status, JSON.parse(faults.text)]).toEqual([200, { seed: 1, rules: [] }])
}

describe('a web page', () => {
  test.each(pages)('%s is refused everywhere, with the right token too', async (_name, headers) => {
    for (const [method, path, body] of driven) {
      for (const authorization of [`Bearer ${token}`, 'Bearer wrong']) {
        const answer = await send(`${origin}${path}`, { ...headers, authorization }, { method, body })
        expect([path, answer.status]).toEqual([path, 403])
      }
    }
    await nothingHasHappened()
  })
})

describe('another program of this machine', () => {
  const host = { host: '127.0.0.1' }

  test.each(driven.slice(0, 8))(
    'is refused %s %s without the token, or with another',
    async (method, path, body) => {
      for (const authorization of ['', 'Bearer wrong', 'Bearer ', 'Basic dHJpY2tsZTp3cm9uZw==']) {
        const answer = await send(`${origin}${path}`, { ...host, authorization }, { method, body })
        expect([answer.status, answer.text]).toEqual([401, expect.stringContaining('analytics.token')])
      }
      const wrongCode = await send(`${origin}${path.split('?')[0]}?code=wrong`, host, { method, body })
      expect(wrongCode.status).toBe(401)
      await nothingHasHappened()
    },
  )

  test('cannot take the secret of the fault door elsewhere, or go round it by another spelling', async () => {
    const answers = [
      await send(`${origin}/v1/rest/mgmt?code=${token}`, host, { method: 'POST', body: dropEvents }),
      await send(`${origin}/x/../v1/rest/mgmt`, host, { method: 'POST', body: dropEvents }),
      await send(`${origin}/trickle/../faults`, host, { method: 'POST', body: plan }),
      await send(`${origin}//x/faults`, host, { method: 'POST', body: plan }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401])
    await nothingHasHappened()
  })

  test('learns from storage nothing without a signature', async () => {
    expect((await send(`${origin}/trickle/?comp=list`, host)).status).toBe(403)
  })

  test('learns whether anything answers, and where tokens come from, as from the real service', async () => {
    expect((await send(`${origin}/healthz`, host)).status).toBe(200)
    expect((await send(`${origin}/v1/rest/auth/metadata`, host)).status).toBe(200)
  })
})

describe("the real SDK's clients", () => {
  test('are served with the url alone, and with the token as an access token', async () => {
    const withToken = new Client(
      KustoConnectionStringBuilder.withAccessToken(origin, harness.analytics.token),
    )
    const { primaryResults } = await withToken.execute(DATABASE_NAME, 'EventsRaw | count')
    expect(primaryResults[0]?.toJSON<{ Count: number }>().data).toEqual([{ Count: 0 }])
    expect(await ask(harness.analytics.url, 'EventsRaw | count')).toEqual([{ Count: 0 }])
  })

  test('are refused with another token', async () => {
    const stranger = new Client(KustoConnectionStringBuilder.withAccessToken(origin, 'wrong'))
    await expect(stranger.execute(DATABASE_NAME, 'EventsRaw | count')).rejects.toMatchObject({
      response: { status: 401 },
    })
  })
})
