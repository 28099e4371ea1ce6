import { createServer } from 'node:http'
import type { Server, ServerResponse } from 'node:http'
import { createTokenVerifier, ROLES } from '../../../shared/auth/index.ts'
import type { IssuerOptions, TokenVerifierOptions } from '../../../shared/auth/index.ts'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { CryptoKey, JWK } from 'jose'

/** A token issuer on a free port of this machine, with faults that a test can switch on. */
export interface TestIssuer {
  readonly url: string
  readonly jwksUrl: string
  /** Paths asked for, in order. */
  readonly requests: string[]
  /** Makes a key, publishes it (unless told not to) and signs with it from now on. */
  readonly rotate: (options?: {
    algorithm?: string
    isPublished?: boolean
    keepOld?: boolean
  }) => Promise<void>
  readonly sign: (claims?: Record<string, unknown>, header?: Record<string, unknown>) => Promise<string>
  readonly publicJwk: () => JWK
  /** What it answers instead of its documents; undefined: it is well. */
  fault: ((path: string, response: ServerResponse) => boolean) | undefined
  /** The issuer that the discovery document names; its own URL unless set. */
  claimedIssuer: string | undefined
  readonly close: () => Promise<void>
}

export const AUDIENCE = 'trickle-test'

/** What a verifier is told of an issuer; every role may be granted. */
export const optionsOf = (
  issuer: Pick<TestIssuer, 'url'>,
  options: Partial<IssuerOptions> = {},
): IssuerOptions => ({
  issuer: issuer.url,
  audience: AUDIENCE,
  tenantClaim: 'tenant',
  tenantKey: 'any',
  rolesClaim: 'roles',
  roles: ROLES,
  applications: {},
  ...options,
})

/** Long enough for the tests' tokens, short enough to be met. */
export const LIFETIME_MAX_SECONDS = 90_000

export const verifierOf = (issuers: readonly IssuerOptions[], options: Partial<TokenVerifierOptions> = {}) =>
  createTokenVerifier({ issuers, lifetimeSecondsMax: LIFETIME_MAX_SECONDS, allowInsecure: true, ...options })

export async function startIssuer(): Promise<TestIssuer> {
  const requests: string[] = []
  let published: JWK[] = []
  let signing: { key: CryptoKey; algorithm: string; kid: string; jwk: JWK } | undefined
  let count = 0

  const server = createServer((request, response) => {
    const path = request.url ?? ''
    requests.push(path)
    if (issuer.fault?.(path, response) === true) return
    const document = path.startsWith('/keys')
      ? { keys: published }
      : { issuer: issuer.claimedIssuer ?? issuer.url, jwks_uri: issuer.jwksUrl }
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(document))
  })
  const url = await listen(server)

  const current = () => {
    if (signing === undefined) throw new Error('no key yet')
    return signing
  }
  const issuer: TestIssuer = {
    url,
    jwksUrl: `${url}/keys`,
    requests,
    fault: undefined,
    claimedIssuer: undefined,
    publicJwk: () => current().jwk,
    async rotate({ algorithm = 'ES256', isPublished = true, keepOld = false } = {}) {
      const pair = await generateKeyPair(algorithm)
      count += 1
      const kid = `key-${count}`
      const jwk = { ...(await exportJWK(pair.publicKey)), kid, alg: algorithm, use: 'sig' }
      if (!keepOld) published = []
      if (isPublished) published.push(jwk)
      signing = { key: pair.privateKey, algorithm, kid, jwk }
    },
    async sign(claims = {}, header = {}) {
      const { key, algorithm, kid } = current()
      const complete = { ...usualClaims(url), ...claims }
      const present = Object.fromEntries(Object.entries(complete).filter(([, value]) => value !== undefined))
      return new SignJWT(present).setProtectedHeader({ alg: algorithm, kid, ...header }).sign(key)
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  await issuer.rotate()
  return issuer
}

const usualClaims = (issuer: string) => ({
  iss: issuer,
  aud: AUDIENCE,
  sub: 'caller-1',
  iat: nowSeconds(),
  exp: nowSeconds() + 600,
  tenant: 'acme',
  roles: ['reader', 'writer'],
})

const nowSeconds = (): number => Math.floor(Date.now() / 1000)

function listen(server: Server): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      if (address === null || typeof address === 'string') reject(new Error('no port'))
      else resolve(`http://127.0.0.1:${address.port}`)
    })
  })
}
