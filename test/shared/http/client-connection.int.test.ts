import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { connectionOf, unknownClient } from '../../../shared/http/client-connection.ts'

const server = createServer()
let port = 0

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  ;({ port } = server.address() as AddressInfo)
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

/** A request that has arrived, with both of its ends. */
async function arrive(): Promise<{ sent: ClientRequest; response: ServerResponse }> {
  const sent = request({ port, host: '127.0.0.1' })
  sent.on('error', () => {})
  sent.end()
  const [, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse]
  return { sent, response }
}

it('fires when the client hangs up before the answer is complete', async () => {
  const { sent, response } = await arrive()
  response.write('a part')
  const { signal } = connectionOf(response)
  expect(signal.aborted).toBe(false)
  sent.destroy()
  await once(signal, 'abort')
  expect(connectionOf(response).signal.aborted, 'also for who asks after it').toBe(true)
})

it('stays still when the answer is complete', async () => {
  const { sent, response } = await arrive()
  const { signal } = connectionOf(response)
  const closed = once(response, 'close')
  response.end('all')
  const [incoming] = (await once(sent, 'response')) as [IncomingMessage]
  incoming.resume()
  await closed
  expect(signal.aborted).toBe(false)
})

it('tells when what was written has left', async () => {
  const { sent, response } = await arrive()
  const client = connectionOf(response)
  await client.drained()
  // More than the buffers of both ends of the socket take.
  while (response.write(Buffer.alloc(1_048_576)));
  for (let count = 0; count < 16; count += 1) response.write(Buffer.alloc(1_048_576))
  const [incoming] = (await once(sent, 'response')) as [IncomingMessage]
  let isDrained = false
  const drained = client.drained().then(() => {
    isDrained = true
  })
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(isDrained).toBe(false)
  incoming.resume()
  await drained
  response.end()
})

it('gives up waiting for a client that hangs up', async () => {
  const { sent, response } = await arrive()
  const client = connectionOf(response)
  for (let count = 0; count < 32; count += 1) response.write(Buffer.alloc(1_048_576))
  const drained = client.drained()
  sent.destroy()
  await expect(drained).resolves.toBeUndefined()
  expect(client.signal.aborted).toBe(true)
})

it('is never full and never gone where no connection is known', async () => {
  const client = unknownClient()
  await client.drained()
  expect(client.signal.aborted).toBe(false)
})
