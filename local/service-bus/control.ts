import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import type { RunningBroker } from '../../packages/service-bus-stand-in/index.ts'
import { systemCode } from '../failure/index.ts'
import { isSecret, presentedSecret, refusalOf } from '../loopback/index.ts'
import { portTaken } from '../ports/index.ts'

export interface RunningControl {
  /** Holds the secret. */
  readonly faultsUrl: string
  stop(): Promise<void>
}

const FAULTS_PATH = '/faults'

/** A plan of faults has a few kilobytes. */
const BODY_BYTES_MAX = 256 * 1024

/**
 * Serves the door of faults over HTTP on 127.0.0.1, beside the broker, which speaks AMQP only: GET shows the rules and how
 * often each fired, POST replaces them, DELETE removes them. GET /health needs no secret, as with Microsoft's emulator.
 * @throws LocalFailure PORT_TAKEN
 */
export async function serveControl(
  broker: RunningBroker,
  port: number,
  secret: string,
): Promise<RunningControl> {
  const server = createServer((request, response) => {
    answer(request, response, broker, secret).catch((error: unknown) => {
      answerJson(response, 400, { error: String(error) })
    })
  })
  server.listen({ port, host: '127.0.0.1', exclusive: true })
  try {
    await once(server, 'listening')
  } catch (error) {
    server.close()
    if (systemCode(error) === 'EADDRINUSE') throw portTaken(port, "the Service Bus broker's faults")
    throw error
  }
  const address = server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : port
  return {
    faultsUrl: `http://127.0.0.1:${bound}${FAULTS_PATH}?code=${secret}`,
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  broker: RunningBroker,
  secret: string,
): Promise<void> {
  const { faults } = broker
  const refusal = refusalOf(request)
  const url = new URL(request.url ?? '/', 'http://127.0.0.1')
  if (refusal !== undefined) answerJson(response, 403, { error: refusal })
  else if (url.pathname === '/health') answerJson(response, 200, { status: 'healthy' })
  else if (!isSecret(url.searchParams.get('code') ?? presentedSecret(request), secret))
    answerJson(response, 401, {
      error: 'Call the address that `trickle status --json` gives as faults.serviceBus.',
    })
  else if (url.pathname !== FAULTS_PATH)
    answerJson(response, 404, { error: `See ${FAULTS_PATH} and /health.` })
  else if (request.method === 'GET') answerJson(response, 200, { ...faults.show(), queues: broker.counts() })
  else if (request.method === 'DELETE') replace(response, faults, { rules: [] })
  else if (request.method === 'POST') replace(response, faults, await planOf(request))
  else answerJson(response, 405, { error: 'GET, POST and DELETE are answered.' })
}

function replace(response: ServerResponse, faults: RunningBroker['faults'], plan: unknown): void {
  const wrong = faults.set(plan)
  if (wrong === undefined) answerJson(response, 200, faults.show())
  else answerJson(response, 400, { error: wrong })
}

async function planOf(request: IncomingMessage): Promise<unknown> {
  if (Number(request.headers['content-length'] ?? Infinity) > BODY_BYTES_MAX)
    throw new Error(`A plan needs a content-length of at most ${BODY_BYTES_MAX}.`)
  return await json(request)
}

function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}
