import { afterAll, beforeAll, expect, it } from 'vitest'
import { leaseLocalRun } from '../../support/leased-run.ts'
import type { LocalRun } from '../../support/local-run.ts'

let run: LocalRun
let operator: string
let writer: string

beforeAll(async () => {
  run = await leaseLocalRun()
  operator = await run.token({ roles: ['operator'] })
  writer = await run.token({ tenant: 'acme', roles: ['writer'] })
})
afterAll(() => run?.stop())

async function problemAt(address: string, token: string, init: RequestInit = {}): Promise<unknown[]> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' }
  const answer = await fetch(address, { ...init, headers })
  const { code, detail } = (await answer.json()) as { code?: string; detail?: string }
  return [answer.status, code, detail]
}

it('each app says where the other one serves a route', async () => {
  const { url, background } = run
  expect(await problemAt(`${url}/api/tenants`, operator)).toEqual([
    421,
    'SERVED_BY_OTHER_APP',
    `GET on this path is served by the background app, at ${background.url}; this is the public app.`,
  ])
  expect(await problemAt(`${background.url}/api/streams/a/events`, writer)).toEqual([
    421,
    'SERVED_BY_OTHER_APP',
    `GET on this path is served by the public app, at ${url}; this is the background app.`,
  ])
})

it('each app imports for its own callers, and says where the others are served', async () => {
  const { url, background } = run
  const importing = { method: 'POST', body: '\n' }
  expect(await problemAt(`${url}/api/imports/events`, operator, importing)).toEqual([
    421,
    'SERVED_BY_OTHER_APP',
    `On this path operators are served by the background app, at ${background.url}; this is the public app.`,
  ])
  expect(await problemAt(`${background.url}/api/imports/events`, writer, importing)).toEqual([
    421,
    'SERVED_BY_OTHER_APP',
    `On this path tenants and services are served by the public app, at ${url}; this is the background app.`,
  ])
})

it('readiness is answered by both, and what operators see by the background app alone', async () => {
  const readiness = async (app: string): Promise<unknown> => {
    const answer = await fetch(`${app}/api/health/ready`, {
      headers: { authorization: `Bearer ${operator}` },
    })
    return answer.json()
  }
  const checks = { configuration: 'ok', database: 'ok', migrations: 'ok', logins: 'ok' }
  expect(await readiness(run.url)).toEqual({ status: 'ready', checks })
  expect(await readiness(run.background.url)).toMatchObject({
    status: 'ready',
    checks,
    detail: { logins: [] },
  })
})

it('the reference is the same in both, and says which app serves what', async () => {
  const documentOf = async (app: string) =>
    (await (await fetch(`${app}/api/openapi.json`)).json()) as {
      paths: Record<string, Record<string, { 'x-trickle-app': unknown }>>
    }
  const document = await documentOf(run.url)
  expect(await documentOf(run.background.url)).toEqual(document)
  expect(document.paths['/api/tenants']?.['get']?.['x-trickle-app']).toBe('background')
  expect(document.paths['/api/streams/{streamId}/events']?.['get']?.['x-trickle-app']).toBe('public')
  for (const app of [run.url, run.background.url]) {
    const page = await fetch(`${app}/api/docs`)
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('swagger-ui')])
  }
})

it('commands call the app that serves them, and --url the one that is named', async () => {
  const list = JSON.parse((await run.trickle('tenants', 'list', '--json')).stdout) as { tenants: unknown[] }
  expect(list.tenants.length).toBeGreaterThan(0)
  await expect(run.trickle('tenants', 'list', '--url', run.url)).rejects.toMatchObject({
    stderr: expect.stringContaining(`the background app, at ${run.background.url}`) as string,
  })
})
