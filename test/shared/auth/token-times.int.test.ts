import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { importJWK, CompactSign, exportJWK, generateKeyPair } from 'jose'
import type { CryptoKey } from 'jose'
import { LIFETIME_MAX_SECONDS, AUDIENCE, optionsOf, startIssuer, verifierOf } from './issuer.ts'
import type { TestIssuer } from './issuer.ts'

let issuer: TestIssuer
beforeAll(async () => {
  issuer = await startIssuer()
})
afterAll(() => issuer.close())

const now = (): number => Math.floor(Date.now() / 1000)

const outcomeOf = (token: string): Promise<string> =>
  verifierOf([optionsOf(issuer)])
    .verify(`Bearer ${token}`)
    .then(
      () => 'accepted',
      (error: { code: string; detail: string }) => `${error.code}: ${error.detail}`,
    )

/** A signed token whose claims are written as they are, so that a number can be one that no JavaScript value prints as. */
let signRaw: (claims: string) => Promise<string>
beforeAll(async () => {
  const pair = await generateKeyPair('ES256', { extractable: true })
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'raw', alg: 'ES256', use: 'sig' }
  issuer.fault = (path, response) => {
    if (!path.startsWith('/keys')) return false
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify({ keys: [issuer.publicJwk(), jwk] }))
    return true
  }
  const key = (await importJWK(await exportJWK(pair.privateKey), 'ES256')) as CryptoKey
  signRaw = (claims) =>
    new CompactSign(new TextEncoder().encode(claims))
      .setProtectedHeader({ alg: 'ES256', kid: 'raw' })
      .sign(key)
})

const claims = (times: string): string =>
  `{"iss":"${issuer.url}","aud":"${AUDIENCE}","sub":"s","tenant":"acme","roles":["reader"]${times}}`

describe('the end of a token', () => {
  it.each([
    ['1e400', '"exp"'],
    ['-1e400', 'expired'],
    ['-1', 'expired'],
    ['0', 'expired'],
    ['1e300', 'longer than'],
    ['9007199254740993', 'longer than'],
    ['"1e400"', '"exp"'],
    ['"Infinity"', '"exp"'],
    ['"4000000000"', '"exp"'],
    ['null', '"exp"'],
    ['true', '"exp"'],
    ['[4000000000]', '"exp"'],
    ['{}', '"exp"'],
  ])('written as %s is refused', async (exp, why) => {
    const outcome = await outcomeOf(await signRaw(claims(`,"exp":${exp}`)))
    expect(outcome).toMatch(/^TOKEN_(INVALID|EXPIRED): /)
    expect(outcome).toContain(why)
  })

  it('may be a fraction of a second, as RFC 7519 allows', async () => {
    expect(await outcomeOf(await signRaw(claims(`,"exp":${now() + 60}.5`)))).toBe('accepted')
  })
})

describe('the other times of a token', () => {
  it.each(['iat', 'nbf'])('%s must be times, too', async (name) => {
    for (const value of ['1e400', '-1e400', '"yesterday"', 'null', '{}', '-5'])
      expect(await outcomeOf(await signRaw(claims(`,"exp":${now() + 60},"${name}":${value}`)))).toMatch(
        /^TOKEN_INVALID: /,
      )
  })
})

describe('the life of a token', () => {
  it('is measured from iat where there is one, and from now on always', async () => {
    const at = now()
    const cases: [string, string][] = [
      [`,"iat":${at},"exp":${at + LIFETIME_MAX_SECONDS}`, 'accepted'],
      [`,"iat":${at},"exp":${at + LIFETIME_MAX_SECONDS + 1}`, 'TOKEN_INVALID'],
      // Made long ago for long: what remains is short, and it is refused all the same.
      [`,"iat":${at - LIFETIME_MAX_SECONDS},"exp":${at + 10}`, 'TOKEN_INVALID'],
      [`,"exp":${at + LIFETIME_MAX_SECONDS}`, 'accepted'],
      [`,"exp":${at + LIFETIME_MAX_SECONDS + 600}`, 'TOKEN_INVALID'],
      // A future iat lengthens nothing.
      [`,"iat":${at + 1_000_000},"exp":${at + 1_000_010}`, 'TOKEN_INVALID'],
    ]
    for (const [times, outcome] of cases)
      expect([times, (await outcomeOf(await signRaw(claims(times)))).split(':')[0]]).toEqual([times, outcome])
  })

  it('names the setting in its refusal', async () => {
    const outcome = await outcomeOf(await issuer.sign({ exp: now() + 1_000_000 }))
    expect(outcome).toContain(`${LIFETIME_MAX_SECONDS} seconds`)
    expect(outcome).toContain('TRICKLE_AUTH_TOKEN_LIFETIME_SECONDS_MAX')
  })

  it('leaves room for a managed identity: 24 hours, dated back by five minutes', async () => {
    const at = now()
    expect(await outcomeOf(await issuer.sign({ iat: at - 300, nbf: at - 300, exp: at + 86_400 }))).toBe(
      'accepted',
    )
  })
})
