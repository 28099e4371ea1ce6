import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ServiceBusClient } from '@azure/service-bus'
import { KustoConnectionStringBuilder } from 'azure-kusto-data'
import { Client } from 'pg'
import { afterAll, describe, expect, test } from 'vitest'
import { firstCommands } from '../../../local/run/announce.ts'
import type { Status } from '../../../local/run/index.ts'
import { sessionIdOf } from '../../../shared/messages/index.ts'
import {
  alive,
  begin,
  homeFolder,
  idsIn,
  killNow,
  parkedCommands,
  pidsOf,
  shell,
  START_LIMIT_MS,
  statusOf,
  trickle,
  until,
} from './support.ts'

/** What stays the same from start to start: everything but the processes and the secret of the run. */
function lasting(status: Status): object {
  const token = status.analytics?.token ?? ''
  const text = JSON.stringify({
    ...status,
    pid: 0,
    hostPid: 0,
    background: { ...status.background, hostPid: 0 },
    processes: [],
  })
  return JSON.parse(text.replaceAll(token, 'SECRET')) as object
}

/** One home through its whole life, since each start costs seconds: the tests build on one another. */
describe('the local run', () => {
  const { home, remove } = homeFolder()
  const start = ['start', '--detach', '--home', home, '--port', '0', '--postgres-port', '0']
  afterAll(remove, START_LIMIT_MS)

  const readCart = async (): Promise<unknown> => {
    const command = firstCommands(await statusOf(home))[1]?.command ?? ''
    const { out } = await shell(`${command} --json`)
    return JSON.parse(out)
  }

  test('a detached start returns when everything serves', { timeout: START_LIMIT_MS }, async () => {
    const { code, out, error } = await trickle(...start)
    expect(`${code} ${error}`).toMatch(/^0 /u)
    expect(out).toContain('is ready')
  })

  test('its status has an address for every part that is there, and each one works', async () => {
    const { code } = await trickle('wait', '--timeout', '60', '--home', home)
    expect(code).toBe(0)
    const status = await statusOf(home)
    expect(status).toMatchObject({
      ready: true,
      dataFolder: home,
      serviceBus: expect.stringMatching(/^Endpoint=sb:\/\/127\.0\.0\.1:\d+;SharedAccessKeyName=/u),
      pgbouncer: null,
      replicas: [],
    })
    expect(status.processes.map(({ name }) => name).toSorted()).toEqual([
      'analytics',
      'background-host',
      'issuer',
      'postgres',
      'public-host',
      'service-bus',
      'storage',
      'supervisor',
    ])
    expect(alive(pidsOf(status))).toEqual(pidsOf(status))
    expect(pidsOf(status)).toEqual(
      expect.arrayContaining([status.pid, status.hostPid, status.background?.hostPid]),
    )
    const logins = await Promise.all(
      Object.values(status.postgres ?? {}).map(async (url) => {
        const client = new Client({ connectionString: url })
        await client.connect()
        const { rows } = await client.query<{ login: string }>('select current_user as login')
        await client.end()
        return rows[0]?.login
      }),
    )
    expect(logins).toEqual(
      ['app', 'worker', 'forwarder', 'operator', 'migrator', 'inspector'].map((role) => `trickle_${role}`),
    )
    expect(new KustoConnectionStringBuilder(status.analytics?.url ?? '').dataSource).toBe(
      status.analytics?.url,
    )
    for (const url of [
      `${status.url}/api/health/ready`,
      `${status.background?.url}/api/health/ready`,
      `${status.url}/api/docs`,
      `${status.background?.url}/api/docs`,
      `${status.issuer}/.well-known/openid-configuration`,
    ]) {
      expect((await fetch(url)).status).toBe(200)
    }
    expect((await fetch(`${status.url}/admin/host/status`)).status).toBe(401)
    const keyed = { headers: { 'x-functions-key': status.masterKey ?? '' } }
    expect((await fetch(`${status.url}/admin/host/status`, keyed)).status).toBe(200)
    const ofOther = { headers: { 'x-functions-key': status.background?.masterKey ?? '' } }
    expect((await fetch(`${status.url}/admin/host/status`, ofOther)).status).toBe(401)
    expect((await fetch(`${status.background?.url}/admin/host/status`, ofOther)).status).toBe(200)
  })

  test('a message from an SDK, by the connection string as it is, comes to the function of its queue', async () => {
    const status = await statusOf(home)
    const client = new ServiceBusClient(status.serviceBus ?? '')
    const body = { tenant: 'acme', id: 'c-1', type: 'nobody.does', data: null }
    await client.createSender('trickle-commands').sendMessages({ body, sessionId: 'cart-1' })
    await client.close()
    await until('the command is parked', async () =>
      (await parkedCommands(home)).includes('COMMAND_UNKNOWN') ? true : undefined,
    )
    const faults = await fetch(status.faults.serviceBus ?? '')
    expect(await faults.json()).toMatchObject({ rules: [] })
  })

  test('the three commands that it prints work as they are', async () => {
    const [append, , query] = firstCommands(await statusOf(home))
    const appended = await shell(`${append?.command} --json`)
    expect(JSON.parse(appended.out)).toMatchObject({ streamId: 'cart-1', version: 1 })
    expect(await readCart()).toMatchObject({
      events: [{ version: 1, type: 'ItemAdded', data: { sku: 'A-1' } }],
    })
    const table = await until('the event arrives in analytics', async () => {
      const { out } = await shell(query?.command ?? '')
      return out.includes('ItemAdded') ? out : undefined
    })
    expect(table).toContain('(1 row)')
    const rows = await trickle('analytics', 'EventsRaw | project StreamId, Version', '--json', '--home', home)
    expect(JSON.parse(rows.out)).toEqual([{ StreamId: 'cart-1', Version: 1 }])
    const wrong = await trickle('analytics', 'NoSuchTable | count', '--home', home)
    expect(wrong).toMatchObject({ code: 1, out: '' })
    expect(wrong.error).toContain('NoSuchTable')
  })

  test('events that come by queues are in their streams, in order where they have a session', async () => {
    const client = new ServiceBusClient((await statusOf(home)).serviceBus ?? '')
    const event = (streamId: string, id: string) => ({
      body: { tenant: 'acme', id, streamId, type: 'ItemAdded', data: { id } },
    })
    const ids = ['a', 'b', 'c', 'd']
    const sessionId = sessionIdOf('acme', 'cart-2')
    const ordered = ids.map((id) => ({ ...event('cart-2', id), sessionId }))
    await client.createSender('trickle-events-ordered').sendMessages(ordered)
    await client.createSender('trickle-events').sendMessages([event('cart-3', 'e'), event('cart-3', 'e')])
    await client.close()
    await until('the last event of each queue', async () => {
      const [inOrder, once] = [await idsIn(home, 'cart-2'), await idsIn(home, 'cart-3')]
      return inOrder.includes('d') && once.includes('e') ? true : undefined
    })
    expect([await idsIn(home, 'cart-2'), await idsIn(home, 'cart-3')]).toEqual([ids, ['e']])
  })

  test('a second start on the home is refused, naming the process; a taken port too', async () => {
    const status = await statusOf(home)
    const second = await trickle(...start)
    expect(second.code).toBe(1)
    expect(second.error).toContain(`process ${status.pid}`)
    expect(second.error).toContain('stop')
    const other = homeFolder()
    const port = new URL(status.url ?? '').port
    const taken = await trickle('start', '--detach', '--home', other.home, '--port', port, '--json')
    await other.remove()
    expect(taken.code).toBe(1)
    expect(JSON.parse(taken.out)).toMatchObject({
      error: { code: 'PORT_TAKEN', mend: expect.stringContaining('--port') as string },
    })
    expect(taken.error).toContain(`Port ${port}`)
    expect((await statusOf(home)).ready).toBe(true)
  })

  test('a killed functions host is started again; everything else goes on', async () => {
    const before = await statusOf(home)
    killNow(before.hostPid)
    const after = await until('there is a new host', async () => {
      const status = await statusOf(home)
      return status.ready && status.hostPid !== before.hostPid ? status : undefined
    })
    expect(after.url).toBe(before.url)
    expect(after.masterKey).toBe(before.masterKey)
    const others = before.processes.filter(({ pid }) => pid !== before.hostPid)
    expect(after.processes).toEqual(expect.arrayContaining(others))
    expect(await readCart()).toMatchObject({ events: [{ version: 1 }] })
  })

  test('a killed background host is started again, and requests do not notice', async () => {
    const before = await statusOf(home)
    killNow(before.background?.hostPid)
    expect(await readCart()).toMatchObject({ events: [{ version: 1 }] })
    const after = await until('there is a new host', async () => {
      const status = await statusOf(home)
      return status.ready && status.background?.hostPid !== before.background?.hostPid ? status : undefined
    })
    expect(after.hostPid).toBe(before.hostPid)
    expect(after.background?.url).toBe(before.background?.url)
    const tenants = await trickle('tenants', 'list', '--json', '--home', home)
    expect(JSON.parse(tenants.out)).toMatchObject({ tenants: [{ slug: 'acme' }] })
    const logs = await trickle('logs', '--json', '--home', home)
    const { logs: parts } = JSON.parse(logs.out) as { logs: { part: string; lines: string[] }[] }
    for (const name of ['public-host', 'background-host']) {
      const { lines = [] } = parts.find(({ part }) => part === name) ?? {}
      expect(lines.join('\n')).toContain('serves')
    }
  })

  test('a killed server is started again too', async () => {
    const before = await statusOf(home)
    const postgres = before.processes.find(({ name }) => name === 'postgres')
    killNow(postgres?.pid)
    await until('there is a new server', async () => {
      const status = await statusOf(home)
      const now = status.processes.find(({ name }) => name === 'postgres')
      return status.ready && now?.pid !== postgres?.pid ? status : undefined
    })
    const answer = await until('the stream can be read again', async () => {
      const read = (await readCart()) as { events?: unknown[] }
      return read.events ? read : undefined
    })
    expect(answer).toMatchObject({ events: [{ version: 1 }] })
  })

  test(
    'after kill -9 of everything the next start recovers, and the data is there',
    { timeout: START_LIMIT_MS },
    async () => {
      const before = await statusOf(home)
      for (const { pid } of before.processes) killNow(pid)
      await until('all are dead', () => (alive(pidsOf(before)).length === 0 ? true : undefined))
      expect((await trickle('status', '--home', home)).code).toBe(3)
      expect(await trickle(...start)).toMatchObject({ code: 0 })
      const after = await statusOf(home)
      expect(lasting(after)).toEqual(lasting(before))
      // A new run has a new secret: what an earlier one gave away opens nothing.
      expect(after.analytics?.token).not.toBe(before.analytics?.token)
      expect(await readCart()).toMatchObject({ events: [{ version: 1 }] })
      expect(await parkedCommands(home)).toEqual(['COMMAND_UNKNOWN'])
    },
  )

  test(
    'after kill -9 of the supervisor alone the next start ends what it left',
    { timeout: START_LIMIT_MS },
    async () => {
      const before = await statusOf(home)
      killNow(before.pid)
      await until('it is dead', () => (alive([before.pid ?? 0]).length === 0 ? true : undefined))
      const foreground = begin(...start.filter((word) => word !== '--detach'))
      const after = await until('it is ready again', async () => {
        const status = await statusOf(home)
        return status.ready ? status : undefined
      })
      expect(alive(pidsOf(before))).toEqual([])

      // Ctrl-C under npm: the terminal sends it, and npm hands it on.
      foreground.child.kill('SIGINT')
      foreground.child.kill('SIGINT')
      const { code, out } = await foreground.outcome
      expect(code).toBe(0)
      expect(out).toContain('Stopped.')
      expect(alive(pidsOf(after))).toEqual([])
      expect(existsSync(join(home, 'run.json'))).toBe(false)
      expect(readdirSync(home)).not.toContain('folder.lock')
    },
  )

  test(
    '--fresh clears all servers, and keeps keys, ports and what it does not know',
    { timeout: START_LIMIT_MS },
    async () => {
      const token = await trickle('token', '--roles', 'operator', '--home', home)
      expect(token.out.split('.')).toHaveLength(3)
      expect(await trickle(...start, '--fresh')).toMatchObject({ code: 0 })
      const status = await statusOf(home)
      const missing = await shell(firstCommands(status)[1]?.command ?? '')
      expect(missing.out).not.toContain('ItemAdded')
      expect(missing.error).toContain('STREAM_NOT_FOUND')
      const rows = await trickle('analytics', 'EventsRaw | count', '--json', '--home', home)
      expect(JSON.parse(rows.out)).toEqual([{ Count: 0 }])
      expect(await parkedCommands(home)).toEqual([])
      const answer = await fetch(`${status.background?.url}/api/tenants`, {
        headers: { authorization: `Bearer ${token.out.trim()}` },
      })
      expect(answer.status).toBe(200)
      const migrated = await trickle('migrate', '--home', home, '--json')
      expect(JSON.parse(migrated.out)).toMatchObject({ direction: 'up', migrations: [] })
      expect(await trickle('stop', '--home', home)).toMatchObject({ code: 0, out: 'Stopped.\n' })
      expect(alive(pidsOf(status))).toEqual([])
    },
  )
})
