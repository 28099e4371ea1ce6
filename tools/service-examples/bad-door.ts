import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** What happened to an append that passed the proxy. */
export type Passage = 'refused' | 'lost' | 'answered' | 'replayed'

export interface BadDoor {
  readonly url: string
  readonly tokenUrl: string
  /** What happened to each append, in order. */
  readonly passages: readonly Passage[]
  /** Number of requests for a token. */
  readonly tokens: number
  close(): void
}

export interface BadDoorOptions {
  /** The product that it passes requests to. */
  readonly url: string
  /** The token that a service gets for its credentials. */
  readonly token: string
  readonly credentials: Readonly<Record<'client_id' | 'client_secret' | 'scope', string>>
}

/** As in the answer of an overloaded server. The shortest wait: the header holds whole seconds. */
const RETRY_AFTER_SECONDS = '1'
const TOKEN_SECONDS = 3_600

/**
 * A proxy before the product that behaves as badly as a network can. It refuses the first append with 429. It passes
 * the second append on and loses its answer. It also issues tokens, as Entra ID does.
 */
export async function openBadDoor(options: BadDoorOptions): Promise<BadDoor> {
  const passages: Passage[] = []
  let tokens = 0

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request)
    if (request.url === '/token') {
      tokens += 1
      const form = new URLSearchParams(body.toString())
      const isKnown = Object.entries(options.credentials).every(([name, value]) => form.get(name) === value)
      const isGood = isKnown && form.get('grant_type') === 'client_credentials'
      const given = { token_type: 'Bearer', expires_in: TOKEN_SECONDS, access_token: options.token }
      response.writeHead(isGood ? 200 : 400, { 'content-type': 'application/json' })
      response.end(JSON.stringify(isGood ? given : { error: 'invalid_client' }))
      return
    }
    const isAppend = request.method === 'POST'
    if (isAppend && passages.length === 0) {
      passages.push('refused')
      response.writeHead(429, { 'retry-after': RETRY_AFTER_SECONDS }).end('{"code":"TOO_MANY"}')
      return
    }
    const passed = await fetch(`${options.url}${request.url ?? ''}`, {
      method: request.method ?? 'GET',
      headers: passedHeaders(request),
      ...(isAppend ? { body } : {}),
    })
    const text = await passed.text()
    if (isAppend && passages.length === 1) {
      passages.push('lost')
      request.socket.destroy()
      return
    }
    if (isAppend)
      passages.push(passed.headers.get('idempotency-replayed') === 'true' ? 'replayed' : 'answered')
    response.writeHead(passed.status, { 'content-type': passed.headers.get('content-type') ?? '' }).end(text)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      process.stderr.write(`the door failed: ${String(error)}\n`)
      request.socket.destroy()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  return {
    url,
    tokenUrl: `${url}/token`,
    passages,
    get tokens() {
      return tokens
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** A proxy must not pass on these headers, since each connection has its own. */
const OWN_HEADERS = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'expect',
  'accept-encoding',
])

const passedHeaders = (request: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) =>
      typeof value === 'string' && !OWN_HEADERS.has(name) ? [[name, value]] : [],
    ),
  )
