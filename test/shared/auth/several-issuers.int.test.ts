import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Identity, IssuerOptions } from '../../../shared/auth/index.ts'
import type { TrickleError } from '../../../shared/errors/index.ts'
import { AUDIENCE, optionsOf, startIssuer, verifierOf } from './issuer.ts'
import type { TestIssuer } from './issuer.ts'

let home: TestIssuer
let other: TestIssuer
beforeEach(async () => {
  ;[home, other] = await Promise.all([startIssuer(), startIssuer()])
})
afterEach(() => Promise.all([home.close(), other.close()]))

const TENANT_ROLES = ['reader', 'writer', 'admin'] as const

const bring = (token: Promise<string>, issuers: readonly IssuerOptions[]): Promise<Identity> =>
  token.then((text) => verifierOf(issuers).verify(`Bearer ${text}`))

const refusal = (attempt: Promise<unknown>): Promise<TrickleError> =>
  attempt.then(
    () => Promise.reject(new Error('not refused')),
    (error: TrickleError) => error,
  )

describe('several issuers', () => {
  const both = (options: Partial<IssuerOptions> = {}): IssuerOptions[] => [
    optionsOf(home),
    optionsOf(other, { roles: TENANT_ROLES, ...options }),
  ]

  it('each have their audience, claims and keys, and are chosen by the token’s iss', async () => {
    const issuers = both({
      audience: 'other-audience',
      tenantClaim: 'org',
      tenantKey: 'slug',
      rolesClaim: 'scope',
    })
    const ofOther = other.sign({ aud: 'other-audience', org: 'beta', scope: 'reader writer' })
    expect(await bring(ofOther, issuers)).toMatchObject({
      issuer: other.url,
      tenantClaim: 'beta',
      tenantKey: 'slug',
      roles: new Set(['reader', 'writer']),
    })
    expect(await bring(home.sign(), issuers)).toMatchObject({ issuer: home.url, tenantClaim: 'acme' })
    // The audience of one is not that of the other.
    expect((await refusal(bring(other.sign({ aud: AUDIENCE }), issuers))).detail).toContain(
      'another audience',
    )
    expect((await refusal(bring(home.sign({ aud: 'other-audience' }), issuers))).detail).toContain(
      'another audience',
    )
  })

  it('do not sign for one another: the key must be of the issuer that is named', async () => {
    const error = await refusal(bring(other.sign({ iss: home.url }), both()))
    expect([error.code, error.detail]).toEqual(['TOKEN_INVALID', expect.stringMatching(/signature|publish/)])
  })

  it('are compared to the letter, and a stranger’s token tells nobody who they are', async () => {
    for (const iss of [`${other.url}/`, other.url.toUpperCase(), ` ${other.url}`, [other.url], '', null]) {
      const error = await refusal(bring(other.sign({ iss }), both()))
      expect([iss, error.code]).toEqual([iss, 'TOKEN_INVALID'])
      expect(error.detail).not.toContain(other.url)
      expect(error.detail).not.toContain(home.url)
    }
    expect([...home.requests, ...other.requests]).toEqual([])
  })

  it('are asked for keys each on its own: one that is down touches its own tokens only', async () => {
    const verifier = verifierOf(both())
    other.fault = (_path, response) => Boolean(response.writeHead(503).end())
    const down = await refusal(other.sign().then((token) => verifier.verify(`Bearer ${token}`)))
    expect(down.code).toBe('ISSUER_UNAVAILABLE')
    expect(home.requests).toEqual([])
    await expect(home.sign().then((token) => verifier.verify(`Bearer ${token}`))).resolves.toMatchObject({
      issuer: home.url,
    })
  })

  it('know two callers by one subject', async () => {
    const [first, second] = await Promise.all([bring(home.sign(), both()), bring(other.sign(), both())])
    expect(first.subject).toBe(second.subject)
    expect(first.issuer).not.toBe(second.issuer)
  })

  it('are refused when one is named twice', () => {
    expect(() => verifierOf([optionsOf(home), optionsOf(home)])).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID' }),
    )
  })
})

describe('a role', () => {
  it.each(['operator', 'service', 'admin'])(
    '%s does not count where its issuer may not grant it',
    async (role) => {
      const issuers = [optionsOf(home), optionsOf(other, { roles: ['reader', 'writer'] })]
      const identity = await bring(other.sign({ roles: ['reader', role], tenant: undefined }), issuers)
      expect([...identity.roles]).toEqual(['reader'])
      expect([...identity.withheld]).toEqual([[role, `its issuer may not grant the role ${role}`]])
    },
  )

  it.each([
    ['azp', { azp: 'cockpit' }, true],
    ['appid', { appid: 'cockpit' }, true],
    ['client_id', { client_id: 'cockpit' }, true],
    ['another application', { azp: 'shop' }, false],
    ['another application, and the right one under a lesser name', { azp: 'shop', appid: 'cockpit' }, false],
    ['none', {}, false],
    ['letters of another case', { azp: 'Cockpit' }, false],
  ])('that is kept for an application is judged by %s', async (_name, claims, counts) => {
    const issuers = [optionsOf(home, { applications: { operator: ['cockpit'] } })]
    const identity = await bring(home.sign({ roles: ['operator'], tenant: undefined, ...claims }), issuers)
    expect(identity.roles.has('operator')).toBe(counts)
    expect(identity.withheld.has('operator')).toBe(!counts)
  })

  it('of nobody is one whose list of applications is empty', async () => {
    const issuers = [optionsOf(home, { applications: { operator: [] } })]
    const identity = await bring(home.sign({ roles: ['operator'], tenant: undefined, azp: 'x' }), issuers)
    expect(identity.roles.size).toBe(0)
  })
})

describe('a service', () => {
  const service = (claims: Record<string, unknown>) =>
    bring(home.sign({ tenant: undefined, ...claims }), [optionsOf(home)])

  it('has reader and writer as they are granted, and no admin', async () => {
    const identity = await service({ roles: ['service', 'writer', 'admin'] })
    expect([...identity.roles].toSorted()).toEqual(['service', 'writer'])
    expect(identity.withheld.get('admin')).toContain('reader and writer only')
  })

  it.each([
    ['names a tenant', { roles: ['service', 'writer'], tenant: 'acme' }, 'Trickle-Tenant'],
    ['is an operator as well', { roles: ['service', 'operator'] }, 'an application for each'],
  ])('is refused when its token %s', async (_name, claims, detail) => {
    const error = await refusal(service(claims))
    expect([error.code, error.detail]).toEqual(['TOKEN_INVALID', expect.stringContaining(detail)])
  })
})

describe('an issuer of many directories', () => {
  const acme = '11111111-2222-3333-4444-555555555555'
  const beta = '66666666-7777-8888-9999-aaaaaaaaaaaa'
  const issuerOf = (directory: string): string => `${other.url}/${directory}/v2.0`
  const pattern = (options: Partial<IssuerOptions> = {}): IssuerOptions =>
    optionsOf(other, {
      issuer: issuerOf('{tid}'),
      tenantClaim: 'tid',
      tenantKey: 'externalId',
      roles: TENANT_ROLES,
      ...options,
    })
  const sign = (directory: string, claims: Record<string, unknown> = {}) =>
    other.sign({ iss: issuerOf(directory), tid: directory, tenant: undefined, ...claims })

  beforeEach(() => {
    other.claimedIssuer = issuerOf('{tenantid}')
  })

  it('takes the tokens of each directory, and the directory is the tenant’s external id', async () => {
    const verifier = verifierOf([optionsOf(home), pattern()])
    for (const directory of [acme, beta]) {
      const token = await sign(directory, { tenant: 'victim' })
      expect(await verifier.verify(`Bearer ${token}`)).toMatchObject({
        issuer: issuerOf(directory),
        tenantClaim: directory,
        tenantKey: 'externalId',
      })
    }
    expect(other.requests).toEqual(['/common/v2.0/.well-known/openid-configuration', '/keys'])
  })

  it.each<[string, Record<string, unknown>]>([
    ['another tid than its issuer', { tid: '66666666-7777-8888-9999-aaaaaaaaaaaa' }],
    ['no tid', { tid: undefined }],
    ['a tid in capitals', { tid: '11111111-2222-3333-4444-55555555555A' }],
    ['a tid that is no text', { tid: ['11111111-2222-3333-4444-555555555555'] }],
  ])('refuses a token with %s', async (_name, claims) => {
    const error = await refusal(bring(sign(acme, claims), [pattern()]))
    expect([error.code, error.detail]).toEqual(['TOKEN_INVALID', expect.stringContaining('"tid"')])
  })

  it.each([
    'common',
    '{tid}',
    '{tenantid}',
    '',
    'ABCDEFAB-2222-3333-4444-555555555555',
    '11111111-2222-3333-4444-555555555555/..',
    '11111111-2222-3333-4444-555555555555/x',
    '11111111222233334444555555555555',
    ' 11111111-2222-3333-4444-555555555555',
    '１1111111-2222-3333-4444-555555555555',
  ])('takes no issuer with "%s" for a directory', async (directory) => {
    const error = await refusal(bring(sign(directory), [pattern()]))
    expect([error.code, error.detail]).toEqual(['TOKEN_INVALID', expect.stringContaining('another issuer')])
    expect(other.requests).toEqual([])
  })

  it('gives way to an issuer that is named exactly', async () => {
    const own = optionsOf(other, { issuer: issuerOf(acme), jwksUrl: other.jwksUrl, roles: ['operator'] })
    const identity = await bring(sign(acme, { roles: ['operator'] }), [pattern(), own])
    expect([...identity.roles]).toEqual(['operator'])
    expect([...(await bring(sign(beta, { roles: ['operator'] }), [pattern(), own])).roles]).toEqual([])
  })

  it('leaves out keys that belong to a single directory', async () => {
    const mark = (issuer: string | undefined): void => {
      other.fault = (path, response) => {
        if (!path.startsWith('/keys')) return false
        const key = { ...other.publicJwk(), ...(issuer === undefined ? {} : { issuer }) }
        response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ keys: [key] }))
        return true
      }
    }
    mark(issuerOf('{tenantid}'))
    await expect(bring(sign(acme), [pattern()])).resolves.toMatchObject({ tenantClaim: acme })
    mark(issuerOf(beta))
    expect((await refusal(bring(sign(acme), [pattern()]))).detail).toContain('does not publish')
  })

  it('speaks for directories only if its own document says so', async () => {
    other.claimedIssuer = issuerOf(beta)
    expect((await refusal(bring(sign(acme), [pattern()]))).code).toBe('ISSUER_UNAVAILABLE')
  })

  it.each<[string, Partial<IssuerOptions>]>([
    ['another tenant claim, which its administrators could write', { tenantClaim: 'extn.tenant' }],
    ['a tenant by any name', { tenantKey: 'any' }],
    ['operators', { roles: ['operator'] }],
    ['services', { roles: ['reader', 'service'] }],
    ['the directory in its host name', { issuer: 'https://{tid}.example.com/v2.0' }],
    ['two directories', { issuer: 'https://login.example.com/{tid}/{tid}' }],
    ['a part that is more than the directory', { issuer: 'https://login.example.com/x-{tid}/v2.0' }],
    ['another pattern', { issuer: 'https://login.example.com/{tenantid}/v2.0' }],
    ['the directory in a query', { issuer: 'https://login.example.com/v2.0?tid={tid}' }],
  ])('may not have %s', (_name, options) => {
    expect(() => verifierOf([pattern(options)])).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID' }),
    )
  })
})
