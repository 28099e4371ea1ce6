import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { firstCommands } from '../../../local/run/announce.ts'
import { startTestServer } from '../../../local/postgres/index.ts'
import { freePort } from '../../../local/ports/index.ts'
import { query } from '../postgres/support.ts'
import {
  alive,
  begin,
  homeFolder,
  pidsOf,
  shell,
  START_LIMIT_MS,
  statusOf,
  trickle,
  until,
} from './support.ts'

/** Hands connections on to a port that is known later, and counts them. */
async function proxy(): Promise<{
  address: string
  target: { port: number }
  count: () => number
  close: () => void
}> {
  const target = { port: 0 }
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    const upstream = connect(target.port, '127.0.0.1')
    socket.pipe(upstream).pipe(socket)
    socket.on('error', () => upstream.destroy())
    upstream.on('error', () => socket.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0
  return { address: `127.0.0.1:${port}`, target, count: () => connections, close: () => server.close() }
}

describe('a run on a server of somebody else, through proxies', () => {
  const { home, remove } = homeFolder()
  const steps: (() => unknown)[] = [remove]
  afterAll(async () => {
    for (const step of steps) await step()
  }, START_LIMIT_MS)

  test(
    'starts no server, and only the functions take the other way',
    { timeout: START_LIMIT_MS },
    async () => {
      const server = await startTestServer()
      const [toPostgres, toAnalytics] = await Promise.all([proxy(), proxy()])
      steps.push(toPostgres.close, toAnalytics.close, async () => {
        await server.dispose()
      })
      toPostgres.target.port = server.port
      const free = String(await freePort())
      const ways = ['--postgres-via', toPostgres.address, '--analytics-via', toAnalytics.address]
      // No function uses Service Bus yet: it is enough that nobody but the functions gets this address.
      ways.push('--service-bus-via', '127.0.0.1:9')
      const run = begin('start', '--home', home, '--port', free, '--postgres', server.adminUrl, ...ways)
      const status = await until('it is ready', async () => {
        const seen = await statusOf(home)
        // The proxy has to know the way before the functions forward something.
        toAnalytics.target.port = Number(new URL(seen.analytics?.url ?? 'http://x:1').port)
        return seen.ready ? seen : undefined
      })
      expect(status.processes.map(({ name }) => name)).not.toContain('postgres')
      expect(status.serviceBus).not.toContain('127.0.0.1:9;')
      expect(new URL(status.postgres?.app ?? '').port).toBe(String(server.port))
      expect(toPostgres.count()).toBeGreaterThan(0)

      const [append, , ask] = firstCommands(status)
      expect(JSON.parse((await shell(`${append?.command} --json`)).out)).toMatchObject({ version: 1 })
      await until('the event arrives', async () => {
        const { out } = await shell(ask?.command ?? '')
        return out.includes('ItemAdded') ? true : undefined
      })
      expect(toAnalytics.count()).toBeGreaterThan(0)
      const before = toPostgres.count()
      expect(await trickle('migrate', '--home', home)).toMatchObject({ code: 0 })
      expect(toPostgres.count()).toBe(before)

      // A part that hangs makes the orderly stop wait; the second Ctrl-C does not.
      const storage = status.processes.find(({ name }) => name === 'storage')
      process.kill(storage?.pid ?? Number.NaN, 'SIGSTOP')
      run.child.kill('SIGINT')
      await delay(1000)
      expect(alive(pidsOf(status)).length).toBeGreaterThan(0)
      run.child.kill('SIGINT')
      expect((await run.outcome).code).toBe(1)
      await until('all are dead', () => (alive(pidsOf(status)).length === 0 ? true : undefined))
      expect(await trickle('status', '--home', home)).toMatchObject({ code: 3 })
      expect(await query(server.adminUrl, 'select 1 as one')).toEqual([{ one: 1 }])
    },
  )
})
