import { createHmac } from 'node:crypto'
import { exportSPKI, importJWK } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { refusedCallerOf } from '../../../shared/auth/index.ts'
import type { IssuerOptions } from '../../../shared/auth/index.ts'
import type { TrickleError } from '../../../shared/errors/index.ts'
import { AUDIENCE, optionsOf, startIssuer, verifierOf } from './issuer.ts'
import type { TestIssuer } from './issuer.ts'

let issuer: TestIssuer
beforeEach(async () => {
  issuer = await startIssuer()
})
afterEach(() => issuer.close())

const verifier = (options: Partial<IssuerOptions> = {}) => verifierOf([optionsOf(issuer, options)])

const verify = (token: string, options: Partial<IssuerOptions> = {}) =>
  verifier(options).verify(`Bearer ${token}`)

const refusal = (attempt: Promise<unknown>): Promise<TrickleError> =>
  attempt.then(
    () => Promise.reject(new Error('not refused')),
    (error: TrickleError) => error,
  )

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds

describe('a good token', () => {
  it('gives the identity, with keys found by discovery or by URL', async () => {
    const exp = inSeconds(3_600)
    const token = await issuer.sign({ exp, azp: 'app-1' })
    const expected = {
      issuer: issuer.url,
      subject: 'caller-1',
      application: 'app-1',
      roles: new Set(['reader', 'writer']),
      withheld: new Map(),
      tenantClaim: 'acme',
      tenantKey: 'any',
      expiresAtMs: exp * 1000,
    }
    expect(await verify(token)).toEqual(expected)
    expect(issuer.requests).toEqual(['/.well-known/openid-configuration', '/keys'])
    issuer.requests.length = 0
    expect(await verify(token, { jwksUrl: issuer.jwksUrl })).toEqual(expected)
    expect(issuer.requests).toEqual(['/keys'])
  })

  it.each(['RS256', 'PS256', 'ES256', 'EdDSA'])('may be signed with %s', async (algorithm) => {
    await issuer.rotate({ algorithm })
    await expect(verify(await issuer.sign())).resolves.toMatchObject({ subject: 'caller-1' })
  })

  it.each<[string, Record<string, unknown>, string[]]>([
    ['roles in one string', { roles: 'writer  admin' }, ['writer', 'admin']],
    ['unknown roles', { roles: ['reader', 'root', 7, null, 'constructor'] }, ['reader']],
    ['roles of another type', { roles: { reader: true } }, []],
    ['no roles', { roles: undefined }, []],
  ])('with %s is read', async (_name, claims, roles) => {
    expect([...(await verify(await issuer.sign(claims))).roles]).toEqual(roles)
  })

  it('may carry several audiences, and claims under other names', async () => {
    const token = await issuer.sign({
      aud: ['other', AUDIENCE],
      tenant: undefined,
      'https://x/tenant': 'beta',
      constructor: undefined,
    })
    const identity = await verify(token, { tenantClaim: 'https://x/tenant' })
    expect(identity.tenantClaim).toBe('beta')
    expect((await verify(token, { tenantClaim: 'constructor' })).tenantClaim).toBeNull()
  })

  it('is accepted within a minute of clock difference', async () => {
    await expect(verify(await issuer.sign({ exp: inSeconds(-30) }))).resolves.toBeDefined()
    await expect(verify(await issuer.sign({ nbf: inSeconds(30) }))).resolves.toBeDefined()
  })

  it('without a tenant and without the role operator has a null tenant', async () => {
    expect((await verify(await issuer.sign({ tenant: undefined }))).tenantClaim).toBeNull()
  })
})

describe('a refused token', () => {
  it.each<[string, Record<string, unknown>, string, string]>([
    ['expired', { exp: inSeconds(-120) }, 'TOKEN_EXPIRED', 'expired'],
    ['without exp', { exp: undefined }, 'TOKEN_INVALID', '"exp"'],
    ['with a textual exp', { exp: 'tomorrow' }, 'TOKEN_INVALID', '"exp"'],
    ['without sub', { sub: undefined }, 'TOKEN_INVALID', '"sub"'],
    ['with an empty sub', { sub: '' }, 'TOKEN_INVALID', '"sub"'],
    ['not valid yet', { nbf: inSeconds(120) }, 'TOKEN_INVALID', 'not valid yet'],
    ['of another issuer', { iss: 'https://elsewhere.example' }, 'TOKEN_INVALID', 'another issuer'],
    ['of no issuer', { iss: undefined }, 'TOKEN_INVALID', 'another issuer'],
    [
      'for another audience',
      { aud: ['a', 'b'] },
      'TOKEN_INVALID',
      'another audience; expected is trickle-test',
    ],
    ['without audience', { aud: undefined }, 'TOKEN_INVALID', '"aud"'],
    ['of an operator with a tenant', { roles: ['operator'] }, 'TOKEN_INVALID', 'operator'],
    ['with a tenant that is no string', { tenant: 7 }, 'TOKEN_INVALID', '"tenant"'],
    ['with a tenant of control characters', { tenant: 'a\u0000b' }, 'TOKEN_INVALID', '"tenant"'],
    ['with a huge tenant', { tenant: 'x'.repeat(256) }, 'TOKEN_INVALID', '"tenant"'],
  ])('%s', async (_name, claims, code, detail) => {
    const token = await issuer.sign(claims)
    const error = await refusal(verify(token))
    expect(error.code).toBe(code)
    expect(error.detail).toContain(detail)
    expect(error.headers['WWW-Authenticate']).toMatch(
      /^Bearer realm="trickle", error="invalid_token", error_description="[^"\\]+"$/,
    )
    expect(JSON.stringify([error.detail, error.headers, String(error.cause)])).not.toContain(
      token.slice(0, 20),
    )
  })

  it('is known by its caller where its signature proves one, and else by nobody', async () => {
    const expired = await issuer.sign({ exp: inSeconds(-120), azp: 'app-1' })
    const caller = { issuer: issuer.url, subject: 'caller-1', application: 'app-1', tenant: 'acme' }
    expect(refusedCallerOf(await refusal(verify(expired)))).toEqual(caller)
    const both = await issuer.sign({ roles: ['operator'], azp: 'app-1' })
    expect(refusedCallerOf(await refusal(verify(both)))).toEqual(caller)
    const [header, , signature] = expired.split('.')
    const [, payload] = (await issuer.sign({ sub: 'somebody-else' })).split('.')
    expect(refusedCallerOf(await refusal(verify(`${header}.${payload}.${signature}`)))).toBeNull()
    expect(refusedCallerOf(await refusal(verify(await issuer.sign({ iss: 'https://x.example' }))))).toBeNull()
  })

  it('of another issuer does not make us fetch its keys', async () => {
    await refusal(verify(await issuer.sign({ iss: 'https://elsewhere.example' })))
    expect(issuer.requests).toEqual([])
  })

  it('with alg none', async () => {
    const [, payload] = (await issuer.sign()).split('.')
    for (const alg of ['none', 'None', 'NONE']) {
      const error = await refusal(verify(`${encode({ alg })}.${payload}.`))
      expect(error.code).toBe('TOKEN_INVALID')
      expect(error.detail).toContain('algorithms')
    }
  })

  it('with HS256 and the public key as secret', async () => {
    await issuer.rotate({ algorithm: 'RS256' })
    const jwk = issuer.publicJwk()
    const [, payload] = (await issuer.sign()).split('.')
    const signed = `${encode({ alg: 'HS256', kid: jwk.kid })}.${payload}`
    const publicKey = await importJWK(jwk, 'RS256')
    if (publicKey instanceof Uint8Array) throw new Error('a public key was expected')
    for (const secret of [await exportSPKI(publicKey), JSON.stringify(jwk), jwk.n ?? '']) {
      const signature = createHmac('sha256', secret).update(signed).digest('base64url')
      const error = await refusal(verify(`${signed}.${signature}`))
      expect(error.code).toBe('TOKEN_INVALID')
      expect(error.detail).toContain('algorithms: RS256, PS256, ES256, EdDSA')
    }
  })

  it('with a changed payload or signature', async () => {
    const [header, , signature] = (await issuer.sign()).split('.')
    const [, otherPayload] = (await issuer.sign({ tenant: 'other' })).split('.')
    const error = await refusal(verify(`${header}.${otherPayload}.${signature}`))
    expect(error.detail).toContain('signature')
  })

  it('with the key of another algorithm', async () => {
    await issuer.rotate({ algorithm: 'RS256' })
    const [, payload, signature] = (await issuer.sign()).split('.')
    const header = encode({ alg: 'PS256', kid: issuer.publicJwk().kid })
    const error = await refusal(verify(`${header}.${payload}.${signature}`))
    expect(error.detail).toContain('does not publish')
  })

  it('with a critical header that nobody knows', async () => {
    const token = await issuer.sign()
    const [, payload, signature] = token.split('.')
    const header = encode({ alg: 'ES256', kid: issuer.publicJwk().kid, crit: ['x'], x: 1 })
    expect((await refusal(verify(`${header}.${payload}.${signature}`))).code).toBe('TOKEN_INVALID')
  })

  it.each(['a', 'a.b', 'a.b.c', '..', 'e30.e30.e30', 'a.b.c.d.e'])('%s', async (token) => {
    expect((await refusal(verify(token))).code).toBe('TOKEN_INVALID')
  })

  it('without a key id while several keys would fit', async () => {
    await issuer.rotate({ keepOld: true })
    const error = await refusal(verify(await issuer.sign({}, { kid: undefined })))
    expect(error.detail).toContain('kid')
  })
})

describe('the Authorization header', () => {
  it.each([
    [undefined, 'TOKEN_MISSING'],
    [null, 'TOKEN_MISSING'],
    ['', 'TOKEN_MISSING'],
    ['  ', 'TOKEN_MISSING'],
    ['Basic dXNlcjpwYXNz', 'TOKEN_INVALID'],
    ['Bearer', 'TOKEN_INVALID'],
    ['Bearer ', 'TOKEN_INVALID'],
    ['Bearer a.b.c, Bearer d.e.f', 'TOKEN_INVALID'],
    ['Bearer a.b.c d', 'TOKEN_INVALID'],
    ['Bearer {"a":1}', 'TOKEN_INVALID'],
    [`Bearer ${'a'.repeat(12_288)}`, 'TOKEN_INVALID'],
  ])('%s is %s', async (header, code) => {
    const error = await refusal(verifier().verify(header))
    expect(error.code).toBe(code)
    expect(issuer.requests).toEqual([])
    expect(error.headers['WWW-Authenticate']).toMatch(
      code === 'TOKEN_MISSING' ? /^Bearer realm="trickle"$/ : /error="invalid_token"/,
    )
  })

  it('takes the scheme in any case', async () => {
    await expect(verifier().verify(`bearer  ${await issuer.sign()} `)).resolves.toBeDefined()
  })
})

describe('configuration', () => {
  it.each([
    ['http://issuer.example', undefined],
    ['https://localhost', undefined],
    ['https://127.0.0.1:8443/x', undefined],
    ['https://[::1]/', undefined],
    ['https://issuer.example', 'http://issuer.example/keys'],
    ['no url', undefined],
  ])('%s with keys at %s is refused outside of a local run', (url, jwksUrl) => {
    expect(() => verifierOf([optionsOf(issuer, { issuer: url, jwksUrl })], { allowInsecure: false })).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID' }),
    )
  })

  it('accepts public https', () => {
    const options = optionsOf(issuer, { issuer: 'https://login.example/v2.0' })
    expect(() => verifierOf([options], { allowInsecure: false })).not.toThrow()
  })
})
