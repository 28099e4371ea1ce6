import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { IssuerOptions } from '../../../shared/auth/index.ts'
import { optionsOf, startIssuer, verifierOf } from './issuer.ts'
import type { TestIssuer } from './issuer.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND

let issuer: TestIssuer
let nowMs = 0

beforeEach(async () => {
  issuer = await startIssuer()
  nowMs = Date.now()
  // Only the clock is ours; sockets and timers are real.
  vi.useFakeTimers({ toFake: ['Date'], now: nowMs })
})
afterEach(async () => {
  vi.useRealTimers()
  await issuer.close()
})

function pass(milliseconds: number): void {
  nowMs += milliseconds
  vi.setSystemTime(nowMs)
}

function verifier(options: Partial<IssuerOptions> = {}) {
  const made = verifierOf([optionsOf(issuer, { jwksUrl: issuer.jwksUrl, ...options })])
  return {
    verify: (token: string) => made.verify(`Bearer ${token}`),
    codeOf: (token: string) =>
      made.verify(`Bearer ${token}`).then(
        () => 'accepted',
        (error: { code: string }) => error.code,
      ),
  }
}

/** A token that no cache of verified tokens has seen. */
let serial = 0
const freshToken = () => {
  serial += 1
  return issuer.sign({ jti: String(serial), exp: Math.floor(nowMs / 1000) + 7200 })
}

const down = (_path: string, response: { writeHead: (status: number) => { end: () => void } }): boolean => {
  response.writeHead(503).end()
  return true
}

/** The default of one second is less than a loaded machine may take for a fetch in the background. */
const busyMachine = { timeout: 60_000 }

describe('keys of the issuer', () => {
  it('are fetched once for many tokens', async () => {
    const { verify } = verifier()
    for (let count = 0; count < 5; count += 1) await verify(await freshToken())
    expect(issuer.requests).toEqual(['/keys'])
  })

  it('follow a rotation: a new key is fetched when a token names it', async () => {
    const { verify } = verifier()
    await verify(await freshToken())
    pass(31 * SECOND)
    await issuer.rotate()
    await expect(verify(await freshToken())).resolves.toMatchObject({ subject: 'caller-1' })
    expect(issuer.requests).toHaveLength(2)
  })

  it('are fetched for unknown key ids at most once in 30 seconds', async () => {
    const { verify, codeOf } = verifier()
    await verify(await freshToken())
    await issuer.rotate({ isPublished: false })
    for (let count = 0; count < 5; count += 1) expect(await codeOf(await freshToken())).toBe('TOKEN_INVALID')
    expect(issuer.requests).toHaveLength(1)
    pass(31 * SECOND)
    for (let count = 0; count < 5; count += 1) expect(await codeOf(await freshToken())).toBe('TOKEN_INVALID')
    expect(issuer.requests).toHaveLength(2)
  })

  it('disappear when the issuer withdraws them', async () => {
    const { verify, codeOf } = verifier()
    // One for each look: a token that was accepted once more, while the keys were fetched, is believed for a minute.
    const old = await Promise.all(Array.from({ length: 700 }, freshToken))
    await verify(await freshToken())
    const older = await freshToken()
    await issuer.rotate()
    pass(11 * MINUTE)
    // This request still finds the old key and makes the keys be fetched beside it.
    await verify(older)
    await vi.waitFor(() => expect(issuer.requests).toHaveLength(2), busyMachine)
    await vi.waitFor(
      async () => {
        const token = old.pop()
        expect(token).toBeDefined()
        expect(await codeOf(token ?? '')).toBe('TOKEN_INVALID')
      },
      { ...busyMachine, interval: 100 },
    )
  })
})

describe('an outage of the issuer', () => {
  it('does not fail tokens whose key is known, for an hour', async () => {
    const { verify, codeOf } = verifier()
    await verify(await freshToken())
    issuer.fault = down
    for (const minutes of [5, 10, 20, 20]) {
      pass(minutes * MINUTE)
      expect(await codeOf(await freshToken())).toBe('accepted')
    }
    pass(10 * MINUTE)
    expect(await codeOf(await freshToken())).toBe('ISSUER_UNAVAILABLE')
    issuer.fault = undefined
    pass(6 * SECOND)
    expect(await codeOf(await freshToken())).toBe('accepted')
  })

  it('is told as retryable while no key is known, and asked about at most every 5 seconds', async () => {
    const { verify, codeOf } = verifier()
    issuer.fault = down
    for (let count = 0; count < 4; count += 1)
      expect(await codeOf(await freshToken())).toBe('ISSUER_UNAVAILABLE')
    expect(issuer.requests).toHaveLength(1)
    await expect(verify(await freshToken())).rejects.toMatchObject({ status: 503, retryable: true })
    issuer.fault = undefined
    expect(await codeOf(await freshToken())).toBe('ISSUER_UNAVAILABLE')
    pass(6 * SECOND)
    expect(await codeOf(await freshToken())).toBe('accepted')
  })

  it('is not taken for a bad token when the key is unknown', async () => {
    const { verify, codeOf } = verifier()
    await verify(await freshToken())
    pass(31 * SECOND)
    await issuer.rotate()
    issuer.fault = down
    expect(await codeOf(await freshToken())).toBe('ISSUER_UNAVAILABLE')
  })

  it.each<[string, TestIssuer['fault']]>([
    ['no JSON', (_path, response) => Boolean(response.end('<html>'))],
    ['no key set', (_path, response) => Boolean(response.end('{"keys":7}'))],
    ['an array', (_path, response) => Boolean(response.end('[]'))],
    [
      'a redirect to good keys',
      (path, response) => path === '/keys' && Boolean(response.writeHead(302, { Location: '/keys?' }).end()),
    ],
    [
      'good keys in megabytes',
      (_path, response) =>
        Boolean(response.end(JSON.stringify({ keys: [issuer.publicJwk()] }).padEnd(300_000))),
    ],
    ['a cut connection', (_path, response) => Boolean(response.destroy())],
  ])('may look like %s', async (_name, fault) => {
    const { codeOf } = verifier()
    issuer.fault = fault
    expect(await codeOf(await freshToken())).toBe('ISSUER_UNAVAILABLE')
  })
})

describe('discovery', () => {
  it('refuses a document of another issuer, and recovers', async () => {
    const { codeOf } = verifier({ jwksUrl: undefined })
    issuer.claimedIssuer = 'https://elsewhere.example'
    expect(await codeOf(await freshToken())).toBe('ISSUER_UNAVAILABLE')
    issuer.claimedIssuer = undefined
    pass(6 * SECOND)
    expect(await codeOf(await freshToken())).toBe('accepted')
  })

  it.each([undefined, 7, 'ftp://x/keys', 'not a url'])('refuses the jwks_uri %s', async (keysUrl) => {
    const { codeOf } = verifier({ jwksUrl: undefined })
    issuer.fault = (_path, response) =>
      Boolean(response.end(JSON.stringify({ issuer: issuer.url, jwks_uri: keysUrl })))
    expect(await codeOf(await freshToken())).toBe('ISSUER_UNAVAILABLE')
  })
})

describe('verified tokens', () => {
  it('are believed without a check for up to a minute, and not beyond their own end', async () => {
    const { verify, codeOf } = verifier()
    const token = await freshToken()
    const shortLived = await issuer.sign({ exp: Math.floor(nowMs / 1000) + 35 })
    await verify(token)
    await verify(shortLived)
    // The key is withdrawn, and a token of the next key makes us see it: only the memory can accept the old ones.
    await issuer.rotate()
    pass(31 * SECOND)
    await verify(await freshToken())
    expect(await codeOf(token)).toBe('accepted')
    expect(await codeOf(shortLived)).toBe('accepted')
    pass(5 * SECOND)
    expect(await codeOf(shortLived)).toBe('TOKEN_INVALID')
    pass(23 * SECOND)
    expect(await codeOf(token)).toBe('accepted')
    pass(2 * SECOND)
    expect(await codeOf(token)).toBe('TOKEN_INVALID')
  })
})
