import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startHost, stopEverything } from './host-process.ts'
import type { HostUnderTest } from './host-process.ts'

const SOURCE = `
app.http('open', { route: 'open', handler: () => ({ body: 'open' }) })
app.http('closed', { route: 'closed', authLevel: 'function', handler: () => ({ body: 'closed' }) })
app.http('other', { route: 'other', authLevel: 'function', extraOutputs: [output.storageQueue({ queueName: 'q', connection: 'Storage' })], handler: () => ({ body: 'other' }) })
app.http('admin', { route: 'master', authLevel: 'admin', handler: () => ({ body: 'admin' }) })
app.http('rest', { route: '{*path}', handler: (request) => ({ body: 'rest ' + request.params.path }) })
let release
app.timer('slow', { schedule: '0 0 0 1 1 *', handler: async (timer, context) => {
  context.log('SLOW ' + JSON.stringify(timer))
  await new Promise((resolve) => { release = resolve })
  context.log('SLOW DONE')
} })
app.http('release', { route: 'release', handler: () => { release(); return {} } })
app.timer('fast', { schedule: '* * * * * *', handler: (timer, context) => context.log('FAST') })
app.timer('broken', { schedule: 'every now and then', handler: () => {} })
app.serviceBusQueue('queue', { queueName: 'orders', connection: 'ServiceBus', handler: () => {} })
app.storageQueue('storage', { queueName: 'q', connection: 'Storage', handler: () => {} })
`

let host: HostUnderTest
let functionKey = ''
let hostKey = ''

beforeAll(async () => {
  host = await startHost({ source: SOURCE })
  const kept = JSON.parse(await readFile(join(host.stateFolder, 'function-keys.json'), 'utf8')) as {
    hostKey: string
    functionKeys: Record<string, string>
  }
  functionKey = kept.functionKeys['closed'] ?? ''
  hostKey = kept.hostKey
})

afterAll(stopEverything)

async function statusWith(path: string, key?: string, way: 'header' | 'query' = 'header'): Promise<number> {
  const url = way === 'query' && key !== undefined ? `${path}?code=${encodeURIComponent(key)}` : path
  const response = await host.fetch(
    url,
    way === 'header' && key !== undefined ? { headers: { 'x-functions-key': key } } : {},
  )
  return response.status
}

describe('keys', () => {
  test('an open function needs none', async () => {
    expect(await statusWith('/open')).toBe(200)
    expect(await statusWith('/open', 'wrong')).toBe(200)
  })

  test('a function with a key: its own, the one of the host, or the master key', async () => {
    const refused = await host.fetch('/closed')
    expect([refused.status, await refused.text()]).toEqual([401, ''])
    expect(await statusWith('/closed', 'wrong')).toBe(401)
    for (const way of ['header', 'query'] as const) {
      expect(await statusWith('/closed', functionKey, way)).toBe(200)
      expect(await statusWith('/closed', hostKey, way)).toBe(200)
      expect(await statusWith('/closed', host.masterKey, way)).toBe(200)
    }
    expect(await statusWith('/other', functionKey)).toBe(401)
  })

  test('the header wins over the query', async () => {
    const response = await host.fetch(`/closed?code=${functionKey}`, {
      headers: { 'x-functions-key': 'wrong' },
    })
    expect(response.status).toBe(401)
  })

  test('level admin opens for the master key only', async () => {
    expect(await statusWith('/master', hostKey)).toBe(401)
    expect(await statusWith('/master', host.masterKey)).toBe(200)
  })
})

describe('admin endpoints', () => {
  test.each([
    '/admin/host/status',
    '/admin/functions',
    '/admin/functions/open',
    '/admin/functions/open/status',
    '/admin/host/drain/status',
  ])('%s needs the master key', async (path) => {
    expect(await statusWith(path)).toBe(401)
    expect(await statusWith(path, 'wrong')).toBe(401)
    expect(await statusWith(path, functionKey)).toBe(401)
    expect(await statusWith(path, hostKey)).toBe(403)
    expect(await statusWith(path, host.masterKey)).toBe(200)
  })

  test.each(['/admin/host/drain', '/admin/host/resume', '/admin/functions/slow'])(
    'POST %s needs it too',
    async (path) => {
      expect((await host.fetch(path, { method: 'POST' })).status).toBe(401)
    },
  )

  test('ping is open; what is no admin endpoint goes to the functions', async () => {
    expect((await host.fetch('/admin/host/ping')).status).toBe(200)
    expect((await host.fetch('/admin/host/ping', { method: 'POST' })).status).toBe(200)
    expect(await (await host.fetch('/admin/else')).text()).toBe('rest admin/else')
    expect(await (await host.fetch('/')).text()).toBe('rest undefined')
  })

  test('the status tells the functions in error', async () => {
    const status = (await (await host.admin('/admin/host/status')).json()) as Record<string, unknown>
    expect(status).toMatchObject({
      state: 'Running',
      errors: expect.arrayContaining([expect.stringMatching(/^broken: .*'every now and then'/)]) as string[],
    })
    expect(Object.keys(status)).toEqual(
      expect.arrayContaining(['id', 'version', 'versionDetails', 'instanceId', 'processUptime']),
    )
    expect(await (await host.admin('/admin/functions/BROKEN/status')).json()).toMatchObject({
      errors: [expect.stringContaining('not recognized')],
    })
    expect(await (await host.admin('/admin/functions/open/status')).json()).toEqual({})
    expect((await host.admin('/admin/functions/none/status')).status).toBe(404)
  })

  test('functions are listed with their bindings', async () => {
    const list = (await (await host.admin('/admin/functions')).json()) as { name: string }[]
    expect(list.map(({ name }) => name)).toEqual([
      'admin',
      'broken',
      'closed',
      'fast',
      'open',
      'other',
      'queue',
      'release',
      'rest',
      'slow',
      'storage',
    ])
    expect(await (await host.admin('/admin/functions/CLOSED')).json()).toMatchObject({
      name: 'closed',
      invoke_url_template: `${host.url}/closed`,
      isDisabled: false,
      config: {
        bindings: [
          { type: 'httpTrigger', authLevel: 'function' },
          { type: 'http', direction: 'out' },
        ],
      },
    })
    expect((await host.admin('/admin/functions/none')).status).toBe(404)
  })

  test('triggers without an extension bundle or an imitation are said once', () => {
    expect(
      host
        .output()
        .match(/The 'queue' function is in error: Service Bus triggers come with an extension bundle/g),
    ).toHaveLength(1)
    expect(host.output()).toMatch(/doesn't imitate the trigger 'queuetrigger': 'storage'/)
    expect(host.output()).toMatch(/'other' runs without queue\./)
  })
})

describe('runs on demand, drain and resume', () => {
  const run = (name: string, body: string, contentType = 'application/json'): Promise<Response> =>
    host.admin(`/admin/functions/${name}`, { method: 'POST', body, headers: { 'content-type': contentType } })
  const drainStatus = async (): Promise<unknown> => (await host.admin('/admin/host/drain/status')).json()

  test('wrong calls', async () => {
    expect((await run('slow', '{"input":""}', 'text/plain')).status).toBe(415)
    expect((await run('slow', '{')).status).toBe(400)
    expect((await run('slow', 'null')).status).toBe(400)
    expect((await run('none', '{"input":""}')).status).toBe(404)
    expect((await run('broken', '{"input":""}')).status).toBe(404)
  })

  test('202 at once, while the function goes on; a drain waits for it, and resume starts the timers again', async () => {
    await host.seen(/FAST/)
    expect((await run('Slow', '{"input":""}')).status).toBe(202)
    await host.seen(
      /SLOW \{"schedule":\{"adjustForDST":true\},"scheduleStatus":\{"last":"0001-01-01T00:00:00\+00:00","next":"20\d\d-01-01T00:00:00\+00:00",.*"isPastDue":false\}/,
    )
    expect(await drainStatus()).toMatchObject({ state: 'Disabled', outstandingInvocations: 1 })
    expect((await host.admin('/admin/host/drain', { method: 'POST' })).status).toBe(202)
    expect(await drainStatus()).toEqual({
      state: 'InProgress',
      outstandingInvocations: 1,
      outstandingRetries: 0,
    })
    expect((await host.fetch('/release')).status).toBe(200)
    await host.seen(/SLOW DONE/)
    await expect
      .poll(drainStatus)
      .toEqual({ state: 'Completed', outstandingInvocations: 0, outstandingRetries: 0 })
    const before = host.output().match(/FAST/g)?.length ?? 0
    await new Promise((resolve) => {
      setTimeout(resolve, 1_300)
    })
    expect(host.output().match(/FAST/g)).toHaveLength(before)
    expect(await (await host.admin('/admin/host/resume', { method: 'POST' })).json()).toEqual({
      state: 'Running',
    })
    expect(await drainStatus()).toMatchObject({ state: 'Disabled' })
    await host.seen(new RegExp(`(?:FAST[^]*){${before + 1}}`))
  })
})
