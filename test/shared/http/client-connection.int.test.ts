import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { clientOf, watchClients } from '../../../shared/http/client-connection.ts'

// A server as the library runs one in the process of the functions: the host tells the invocation by a header.
const server = createServer()
let port = 0

beforeAll(async () => {
  watchClients()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  ;({ port } = server.address() as AddressInfo)
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

/** A request that has arrived, with both of its ends. */
async function arrive(invocationId: string): Promise<{ sent: ClientRequest; response: ServerResponse }> {
  const sent = request({ port, host: '127.0.0.1', headers: { 'x-ms-invocation-id': invocationId } })
  sent.on('error', () => {})
  sent.end()
  const [, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse]
  return { sent, response }
}

it('fires when the client hangs up before the answer is complete', async () => {
  const { sent, response } = await arrive('leaves')
  response.write('a part')
  const { signal } = clientOf('leaves')
  expect(signal.aborted).toBe(false)
  sent.destroy()
  await once(signal, 'abort')
  expect(clientOf('leaves').signal.aborted).toBe(false)
})

it('stays still when the answer is complete', async () => {
  const { sent, response } = await arrive('stays')
  const { signal } = clientOf('stays')
  const closed = once(response, 'close')
  response.end('all')
  const [incoming] = (await once(sent, 'response')) as [IncomingMessage]
  incoming.resume()
  await closed
  expect(signal.aborted).toBe(false)
})

it('tells when what was written has left', async () => {
  const { sent, response } = await arrive('slow')
  const client = clientOf('slow')
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
  const { sent, response } = await arrive('slow-and-leaves')
  const client = clientOf('slow-and-leaves')
  for (let count = 0; count < 32; count += 1) response.write(Buffer.alloc(1_048_576))
  const drained = client.drained()
  sent.destroy()
  await expect(drained).resolves.toBeUndefined()
  expect(client.signal.aborted).toBe(true)
})

it('knows nothing of an invocation without a request, and never makes it wait', async () => {
  const client = clientOf('nobody')
  await client.drained()
  expect(client.signal.aborted).toBe(false)
})
