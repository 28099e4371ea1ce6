import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { withClient } from '../../../database/index.ts'
import { TcpProxy } from '../../../packages/tcp-proxy/index.ts'
import type { FaultAction, ProxyOptions } from '../../../packages/tcp-proxy/index.ts'
import { eventually } from '../../support/eventually.ts'

/** A server that answers each request with "answer to ..." and remembers what it was sent. */
let server: Server
let seen: string[]
let url: string
let proxy: TcpProxy | undefined

beforeEach(async () => {
  seen = []
  server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      seen.push(bytes.toString())
      socket.write(`answer to ${bytes.toString()}`)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  await proxy?.close()
  proxy = undefined
  server.close()
})

interface TestClient {
  readonly socket: Socket
  readonly received: string[]
}

async function open(options: ProxyOptions = {}): Promise<TestClient & { proxy: TcpProxy }> {
  proxy ??= await TcpProxy.start(url, options)
  const socket = connect(Number(new URL(proxy.url(url)).port), '127.0.0.1')
  socket.on('error', () => {})
  const received: string[] = []
  socket.on('data', (bytes) => received.push(bytes.toString()))
  await once(socket, 'connect')
  return { proxy, socket, received }
}

async function exchange({ socket, received }: TestClient, request: string): Promise<void> {
  const before = received.length
  socket.write(request)
  await eventually(() => received.length).toBeGreaterThan(before)
}

describe('a TCP proxy', () => {
  test('lets no later bytes overtake those that it delays, as no network does', async () => {
    const client = await open()
    client.proxy.arm({ action: 'delay', when: 'two', delayMs: 50 })
    await exchange(client, 'one')
    client.socket.write('two')
    // Only when the proxy has it: together they would be one piece.
    await eventually(() => client.proxy.faultsUsed).toBe(1)
    client.socket.write('three')
    await eventually(() => seen.join('')).toContain('two')
    await eventually(() => seen.join('')).toContain('three')
    expect(seen.join('')).toBe('onetwothree')
  })

  test('passes everything on where no fault waits for it', async () => {
    const client = await open()
    client.proxy.arm({ action: 'cut-request', when: 'other' })
    await exchange(client, 'one')
    expect(seen).toEqual(['one'])
    expect(client.received).toEqual(['answer to one'])
    expect([client.proxy.faultsUsed, client.proxy.faultsArmed]).toEqual([0, 1])
  })

  test.each<[FaultAction, string[]]>([
    ['cut-request', []],
    ['cut-response', ['work']],
    ['cut-delayed', ['work']],
  ])(
    '%s ends the connection of the client without an answer; the server has seen %j',
    async (action, work) => {
      const client = await open()
      client.proxy.arm({ action, when: 'work', delayMs: 1 })
      client.socket.write('work')
      await once(client.socket, 'close')
      await eventually(() => seen).toEqual(work)
      await exchange(await open(), 'next')
      expect(seen).toEqual([...work, 'next'])
      expect(client.received).toEqual([])
      expect([client.proxy.faultsUsed, client.proxy.faultsArmed]).toEqual([1, 0])
    },
  )

  test('half-open swallows the answer, and nobody hangs up', async () => {
    const client = await open()
    client.proxy.arm({ action: 'half-open', when: 'work' })
    client.socket.write('work')
    await eventually(() => seen).toEqual(['work'])
    expect([client.received, client.socket.closed]).toEqual([[], false])
    client.proxy.cutAll()
    await once(client.socket, 'close')
    expect(client.received).toEqual([])
  })

  test('delay passes the request on later, and its answer too', async () => {
    const client = await open()
    client.proxy.arm({ action: 'delay', when: 'work', delayMs: 1 })
    await exchange(client, 'work')
    expect(client.received).toEqual(['answer to work'])
  })

  test('armed faults are used in their order, each once', async () => {
    const first = await open()
    first.proxy.arm({ action: 'delay', when: 'a' }, { action: 'cut-request', when: 'b' })
    await exchange(first, 'b')
    await exchange(first, 'a')
    await exchange(first, 'a')
    first.socket.write('b')
    await once(first.socket, 'close')
    expect(seen).toEqual(['b', 'a', 'a'])
  })

  test('what no armed fault waits for is decided by its owner', async () => {
    const client = await open({
      faultOf: (request) => (request.includes('bad') ? { action: 'cut-request' } : undefined),
    })
    client.proxy.arm({ action: 'delay', when: 'bad 1' })
    await exchange(client, 'good')
    await exchange(client, 'bad 1')
    client.socket.write('bad 2')
    await once(client.socket, 'close')
    expect(seen).toEqual(['good', 'bad 1'])
    expect(client.proxy.faultsUsed).toBe(1)
  })

  test('a server that is further away gets the requests in order', async () => {
    const client = await open({ delayMs: 2 })
    client.socket.write('a')
    client.socket.write('b')
    await eventually(() => seen.join('').length).toBe(2)
    expect(seen.join('')).toBe('ab')
  })

  test('new connections can be refused while those that stand go on', async () => {
    const client = await open()
    await exchange(client, 'one')
    client.proxy.refusesNew = true
    const other = await open()
    await once(other.socket, 'close')
    await exchange(client, 'two')
    expect(seen).toEqual(['one', 'two'])
  })

  test('each wait for the server is counted, and statements that are sent together as one', async () => {
    const adminUrl = inject('adminUrl')
    const counting = (proxy = await TcpProxy.start(adminUrl))
    await withClient(counting.url(adminUrl), async (client) => {
      await client.query('select 1')
      const before = counting.roundTrips
      await client.query('begin')
      await client.query('select $1::int', [1])
      await client.query('commit')
      expect(counting.roundTrips - before).toBe(3)
      await client.query('begin; select 1; commit')
      expect(counting.roundTrips - before).toBe(4)
    })
  })
})
