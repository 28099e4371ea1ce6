import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { fileFailure, systemCode } from '../failure/index.ts'
import { makeFolder } from '../folder/index.ts'
import { refusalOf } from '../loopback/index.ts'
import { portTaken } from '../ports/index.ts'
import { ALGORITHM, ensureKey, publicKeys, readKeys } from './keys.ts'
import { writeIssuer } from './tokens.ts'
import type { IssuerFacts } from './tokens.ts'

/** What the local run's tokens are meant for; in Azure this is the application id URI. */
export const LOCAL_AUDIENCE = 'api://trickle'

/** Requests are tiny. A client that needs longer to send one is stuck. */
const REQUEST_TIMEOUT_MS = 5000

/**
 * Serves the issuer's documents on 127.0.0.1.
 * @throws LocalFailure PORT_TAKEN, PERMISSION_MISSING, DISK_FULL
 */
export async function serveIssuer(options: {
  folder: string
  port: number
}): Promise<{ facts: IssuerFacts; stop: () => Promise<void> }> {
  makeFolder(options.folder, 0o700)
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS })
  server.listen({ port: options.port, host: '127.0.0.1', exclusive: true })
  try {
    await Promise.all([once(server, 'listening'), ensureKey(options.folder)])
  } catch (error) {
    server.close()
    if (systemCode(error) === 'EADDRINUSE') throw portTaken(options.port, 'the token issuer')
    throw fileFailure(error, options.folder) ?? error
  }
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  const issuer = `http://127.0.0.1:${port}`
  const facts = { issuer, audience: LOCAL_AUDIENCE, jwksUrl: `${issuer}/jwks.json` }
  writeIssuer(options.folder, facts)
  server.on('request', (request, response) => {
    try {
      answer(request, response, options.folder, facts)
    } catch (error) {
      process.stderr.write(`${String(error)}\n`)
      answerJson(response, 500, { error: 'The signing keys cannot be read.' })
    }
  })
  return {
    facts,
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  folder: string,
  facts: IssuerFacts,
): void {
  const path = (request.url ?? '').split('?')[0]
  const refusal = refusalOf(request)
  if (refusal !== undefined) answerJson(response, 403, { error: refusal })
  else if (request.method !== 'GET') answerJson(response, 405, { error: 'Only GET is answered.' })
  else if (path === '/.well-known/openid-configuration') answerJson(response, 200, discovery(facts))
  // The file is read for each request: it is small, and a key that another process rotated is published at once.
  else if (path === '/jwks.json') answerJson(response, 200, publicKeys(readKeys(folder)))
  else answerJson(response, 404, { error: 'See /.well-known/openid-configuration and /jwks.json' })
}

function discovery(facts: IssuerFacts): Record<string, unknown> {
  return {
    issuer: facts.issuer,
    jwks_uri: facts.jwksUrl,
    id_token_signing_alg_values_supported: [ALGORITHM],
    response_types_supported: ['none'],
    subject_types_supported: ['public'],
    claims_supported: ['iss', 'aud', 'sub', 'iat', 'exp', 'tenant', 'roles'],
  }
}

/** Clients may cache the keys, as with real issuers. The time is short so that they see a rotation within a minute. */
const KEYS_AGE_MAX_SECONDS = 60

function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': status === 200 ? `public, max-age=${KEYS_AGE_MAX_SECONDS}` : 'no-store',
  })
  response.end(JSON.stringify(body))
}
