import { request as sendRequest } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sendRaw, startHost, stopEverything } from '../../packages/functions-host/host-process.ts'
import type { HostUnderTest } from '../../packages/functions-host/host-process.ts'
import { boundApp } from './bound-app.ts'

let host: HostUnderTest

beforeAll(async () => {
  host = await startHost({ source: boundApp })
})
afterAll(stopEverything)

async function openInvocations(): Promise<number> {
  const response = await host.admin('/admin/host/drain/status')
  return ((await response.json()) as { outstandingInvocations: number }).outstandingInvocations
}

/** Waits until no invocation is open; the test's own limit ends it, far below the host's functionTimeout. */
async function nothingStaysOpen(): Promise<number> {
  while ((await openInvocations()) > 0) await delay(100)
  const { status } = await host.fetch('/ok')
  expect(status).toBe(200)
  expect(host.process.exitCode).toBeNull()
  return status
}

/** A GET whose head is sent as it is written; the status, or what went wrong. */
function statusOf(path: string, headers: Record<string, string | string[]>): Promise<number | string> {
  return new Promise((resolve) => {
    const sent = sendRequest(
      { host: '127.0.0.1', port: host.port, path, headers, agent: false },
      (response) => {
        response.resume()
        response.once('close', () => resolve(response.statusCode ?? 0))
      },
    )
    sent.once('error', (error) => resolve(error.message))
    sent.end()
  })
}

describe.each([
  ['the library', ''],
  ['the kernel', '/kernel'],
])('a function whose request is read by %s', (_who, kind) => {
  describe('a long head', () => {
    it.each([8, 17, 31])('of %i KB reaches the function, as query and as header', async (kilobytes) => {
      const long = 'a'.repeat(kilobytes * 1_000)
      const byQuery = await host.fetch(`${kind}/ok?${long}`)
      expect(byQuery.status).toBe(200)
      expect(((await byQuery.json()) as { query: number }).query).toBeGreaterThan(long.length)
      const byHeader = await host.fetch(`${kind}/ok`, { headers: { 'x-long': long } })
      expect(await byHeader.json()).toMatchObject({ header: long.length })
      await nothingStaysOpen()
    })

    it('above what the front takes is refused before there is an invocation', async () => {
      const long = 'a'.repeat(40_000)
      // The connection may end before the refusal is through, since nobody reads the rest.
      const refusals = [431, 'read ECONNRESET', 'write EPIPE', 'socket hang up']
      expect(refusals).toContain(await statusOf(`${kind}/ok?${long}`, {}))
      expect(refusals).toContain(await statusOf(`${kind}/ok`, { 'x-long': long }))
      const many = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`x-${index}`, '1']))
      expect(await statusOf(`${kind}/ok`, many)).toBe(431)
      expect(await openInvocations()).toBe(0)
      await nothingStaysOpen()
    })
  })

  describe('a request that could lose one of its halves', () => {
    it('is served when it brings an invocation id of its own, also that of another invocation', async () => {
      const headers = { 'x-ms-invocation-id': '11111111-1111-4111-8111-111111111111' }
      const first = await host.fetch(`${kind}/ok`, { headers })
      expect(first.status).toBe(200)
      const used = first.headers.get('x-ms-invocation-id') ?? ''
      expect(used).not.toBe(headers['x-ms-invocation-id'])
      const answers = await Promise.all([
        statusOf(`${kind}/slow`, { 'x-ms-invocation-id': used }),
        statusOf(`${kind}/ok`, { 'x-ms-invocation-id': used }),
        statusOf(`${kind}/ok`, { 'x-ms-invocation-id': ['a', 'b'] }),
        statusOf(`${kind}/ok`, { 'x-ms-invocation-id': '' }),
        statusOf(`${kind}/ok`, { connection: 'x-ms-invocation-id' }),
      ])
      expect(answers).toEqual([200, 200, 200, 200, 200])
      await nothingStaysOpen()
    })

    it('ends by itself when the platform cannot pass its headers on', async () => {
      expect(await statusOf(`${kind}/ok`, { 'x-name': 'caf\u00e9' })).toBe(502)
      await host.seen(/Executed 'Functions\.(?:kernel-)?ok' \(Failed.*REQUEST_LOST/)
      await nothingStaysOpen()
    })

    it('is answered when it cannot be read', async () => {
      for (const name of ['no host', 'a:b:c']) expect(await statusOf(`${kind}/ok`, { host: name })).toBe(400)
      await nothingStaysOpen()
    })

    it('does not stay open when its client hangs up, at whatever moment', async () => {
      const hangUps = Array.from({ length: 20 }, async (_, index) => {
        const socket = connect(host.port, '127.0.0.1')
        socket.on('error', () => undefined)
        socket.write(
          `POST ${kind}/echo HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n${'b'.repeat(index)}`,
        )
        for (let turn = 0; turn < index; turn += 1) await new Promise(setImmediate)
        socket.destroy()
      })
      await Promise.all(hangUps)
      // Those that the host has not seen yet are seen by the tests that follow.
      expect(await nothingStaysOpen()).toBe(200)
    })

    it('is served with an expectation or an upgrade that nobody knows', async () => {
      expect(await statusOf(`${kind}/ok`, { connection: 'upgrade', upgrade: 'chat' })).toBe(200)
      const continued = await sendRaw(
        host.port,
        `POST ${kind}/echo HTTP/1.1\r\nhost: a\r\nconnection: close\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\nhi`,
        /hi$/,
      )
      expect(continued).toContain('200 OK')
      await nothingStaysOpen()
    })
  })

  describe('a handler that answers badly', () => {
    it.each([
      ['/throws', 500],
      ['/nothing', 204],
      ['/no-response', 502],
      ['/wrong-header', 502],
    ])('%s still ends its request', async (path, status) => {
      expect(await statusOf(kind + path, {})).toBe(status)
      await nothingStaysOpen()
    })

    it('tells its client nothing of what it threw', async () => {
      const answer = await host.fetch(`${kind}/throws`)
      expect(await answer.json()).toMatchObject({ code: 'INTERNAL', status: 500 })
    })

    it('breaks the connection when the answer breaks off, so that it does not look complete', async () => {
      // Whether the head was out already or not, nobody gets a whole answer with status 200.
      const whole = host.fetch(`${kind}/breaks-off`).then(async (answer) => {
        const text = await answer.text()
        if (answer.status !== 200) throw new Error(`status ${answer.status}`)
        return text
      })
      await expect(whole).rejects.toThrow(/terminated|status 502/)
      await nothingStaysOpen()
    })
  })
})

describe('headers in a query', () => {
  const queries = ['?Headers=%7B%22a%20b%22%3A%22c%22%7D', '?Headers=%7B%22x-long%22%3A%22%E2%82%AC%22%7D']

  it('make a request that the library cannot read, which is answered', async () => {
    for (const query of queries) expect(await statusOf(`/ok${query}`, {})).toBe(400)
    await nothingStaysOpen()
  })

  it('are no headers for a route of the kernel, which gets those of the request', async () => {
    for (const query of queries) {
      const answer = await host.fetch(`/kernel/ok${query}`, { headers: { 'x-long': 'four' } })
      expect(await answer.json()).toMatchObject({ header: 4 })
    }
    await nothingStaysOpen()
  })
})

describe("the library's own port, which any program of the machine can call", () => {
  it('answers what comes without an invocation, and keeps nothing of it', async () => {
    const [, ownPort] = await host.seen(/LIBRARY (\d+)/)
    const call = (headers: Record<string, string>): Promise<Response> =>
      fetch(`http://127.0.0.1:${ownPort}/ok`, { headers })
    expect((await call({})).status).toBe(400)
    const answers = await Promise.all(['one', 'two'].map((id) => call({ 'x-ms-invocation-id': id })))
    expect(answers.map(({ status }) => status)).toEqual([503, 503])
    await host.seen(/REPORT A request has reached/)
    await nothingStaysOpen()
  })
})
