import { describe, expect, it } from 'vitest'
import { nudgingOf, parseSettings } from '../../../shared/config/index.ts'

const local = {
  TRICKLE_ENVIRONMENT: 'local',
  TRICKLE_POSTGRES_APP_URL: 'postgres://trickle_app:secret@localhost:5432/trickle',
  TRICKLE_POSTGRES_WORKER_URL: 'postgres://trickle_worker:secret@localhost:5432/trickle',
  TRICKLE_POSTGRES_FORWARDER_URL: 'postgres://trickle_forwarder:secret@localhost:5432/trickle',
  TRICKLE_POSTGRES_OPERATOR_URL: 'postgres://trickle_operator:secret@localhost:5432/trickle',
  TRICKLE_AUTH_ISSUER: 'http://127.0.0.1:4000',
  TRICKLE_AUTH_AUDIENCE: 'api://trickle',
}
const detailOf = (environment: Record<string, string>): string => {
  try {
    parseSettings(environment)
    return ''
  } catch (error) {
    return (error as { detail: string }).detail
  }
}

describe('settings', () => {
  it('have defaults, and an empty variable counts as absent', () => {
    expect(parseSettings({ ...local, TRICKLE_AUTH_TENANT_CLAIM: '' })).toMatchObject({
      TRICKLE_AUTH_TENANT_CLAIM: 'tenant',
      TRICKLE_POSTGRES_STATEMENTS: 'named',
      TRICKLE_ANALYTICS_URL: undefined,
    })
  })

  it('are told by name when missing or wrong, never by value', () => {
    const { TRICKLE_AUTH_ISSUER: _, ...rest } = local
    expect(detailOf(rest)).toContain('TRICKLE_AUTH_ISSUER: is missing')
    const detail = detailOf({ ...local, TRICKLE_POSTGRES_APP_URL: 'mysql://root:hunter2@db/x' })
    expect(detail).toContain('TRICKLE_POSTGRES_APP_URL')
    expect(detail).not.toContain('hunter2')
  })

  it.each([
    'http://login.example.com',
    'https://localhost/issuer',
    'https://127.0.0.1/issuer',
    'https://[::1]/issuer',
    'https://localhost./issuer',
    'https://[::ffff:127.0.0.1]/issuer',
  ])('refuse the issuer %s outside the local run', (issuer) => {
    const production = { ...local, TRICKLE_ENVIRONMENT: 'production' }
    expect(detailOf({ ...production, TRICKLE_AUTH_ISSUER: issuer })).toContain('TRICKLE_AUTH_ISSUER')
    expect(detailOf({ ...production, TRICKLE_AUTH_ISSUER: 'https://login.example.com' })).toBe('')
    expect(detailOf({ ...local, TRICKLE_AUTH_ISSUER: issuer })).toBe('')
  })
})

describe('further issuers', () => {
  const production = {
    ...local,
    TRICKLE_ENVIRONMENT: 'production',
    TRICKLE_AUTH_ISSUER: 'https://login.example.com',
  }
  const withIssuers = (issuers: unknown): Record<string, string> => ({
    ...production,
    TRICKLE_AUTH_ISSUERS: typeof issuers === 'string' ? issuers : JSON.stringify(issuers),
  })
  const other = { issuer: 'https://other.example.com', audience: 'api://trickle' }

  it('are none by default, and have the least rights that make sense', () => {
    expect(parseSettings(production).TRICKLE_AUTH_ISSUERS).toEqual([])
    expect(parseSettings(withIssuers([other])).TRICKLE_AUTH_ISSUERS).toEqual([
      {
        ...other,
        tenantClaim: 'tenant',
        tenantKey: 'any',
        rolesClaim: 'roles',
        roles: ['reader', 'writer', 'admin'],
        applications: {},
      },
    ])
  })

  it('of many directories name the tenant by the directory', () => {
    const issuer = 'https://login.microsoftonline.com/{tid}/v2.0'
    expect(parseSettings(withIssuers([{ ...other, issuer }])).TRICKLE_AUTH_ISSUERS).toMatchObject([
      { issuer, tenantClaim: 'tid', tenantKey: 'externalId' },
    ])
  })

  it.each<[string, unknown, string]>([
    ['no JSON', '[{', 'is not JSON'],
    ['an object', other, 'array'],
    ['no audience', [{ issuer: other.issuer }], '[0].audience'],
    ['an unknown role', [{ ...other, roles: ['root'] }], '[0].roles[0]'],
    ['no role at all', [{ ...other, roles: [] }], '[0].roles'],
    ['an unknown member', [{ ...other, secret: 'hunter2' }], 'secret'],
    ['an unknown role of an application', [{ ...other, applications: { root: ['x'] } }], '[0].applications'],
    ['plain http', [other, { ...other, issuer: 'http://other.example.com' }], '[1]: '],
    ['a loopback address', [{ ...other, issuer: 'https://localhost/x' }], '[0]: '],
    ['keys by plain http', [{ ...other, jwksUrl: 'http://other.example.com/keys' }], '[0]: '],
    ['an issuer twice', [other, other], '[1]: this issuer is configured already'],
    ['the home issuer', [{ ...other, issuer: production.TRICKLE_AUTH_ISSUER }], '[0]: this issuer'],
    [
      'a pattern that grants operators',
      [{ ...other, issuer: 'https://x.example.com/{tid}/v2.0', roles: ['operator'] }],
      'operator and service',
    ],
  ])('with %s are refused by their place, never by their value', (_name, issuers, detail) => {
    const told = detailOf(withIssuers(issuers))
    expect(told).toContain('TRICKLE_AUTH_ISSUERS')
    expect(told).toContain(detail)
    expect(told).not.toMatch(/hunter2|other\.example|localhost/)
  })

  it('stand beside a home issuer that is one', () => {
    expect(
      detailOf({ ...production, TRICKLE_AUTH_ISSUER: 'https://login.microsoftonline.com/{tid}/v2.0' }),
    ).toContain('TRICKLE_AUTH_ISSUER: must be one issuer')
  })

  it('and the home issuer keep roles for applications', () => {
    const settings = parseSettings({
      ...production,
      TRICKLE_AUTH_APPLICATIONS: '{"operator":["a"],"service":[]}',
    })
    expect(settings.TRICKLE_AUTH_APPLICATIONS).toEqual({ operator: ['a'], service: [] })
    for (const wrong of ['x', '[]', '{"root":["a"]}', '{"operator":"a"}', '{"operator":[""]}'])
      expect(detailOf({ ...production, TRICKLE_AUTH_APPLICATIONS: wrong })).toContain(
        'TRICKLE_AUTH_APPLICATIONS',
      )
  })
})

describe('the longest life of a token', () => {
  it.each(['0', '-1', '1e9', 'Infinity', '1.5', '9', '99999999999'])('is not %s', (seconds) => {
    const detail = detailOf({ ...local, TRICKLE_AUTH_TOKEN_LIFETIME_SECONDS_MAX: seconds })
    expect(detail).toContain('TRICKLE_AUTH_TOKEN_LIFETIME_SECONDS_MAX')
  })

  it('is 25 hours unless it is set', () => {
    expect(parseSettings(local).TRICKLE_AUTH_TOKEN_LIFETIME_SECONDS_MAX).toBe(90_000)
    expect(
      parseSettings({ ...local, TRICKLE_AUTH_TOKEN_LIFETIME_SECONDS_MAX: '3600' })
        .TRICKLE_AUTH_TOKEN_LIFETIME_SECONDS_MAX,
    ).toBe(3_600)
  })
})

describe('nudges', () => {
  const bus = { ServiceBusForwarderConnection__fullyQualifiedNamespace: 'sb-x.servicebus.windows.net' }
  const schedule = { TRICKLE_BACKSTOP_SCHEDULE: '0 */5 * * * *' }

  it.each<[string, Record<string, string>, 'both' | 'background' | 'public', string | undefined]>([
    ['come where a Service Bus is, each minute a timer', bus, 'background', '0 * * * * *'],
    [
      'come by a connection string',
      { ServiceBusForwarderConnection: 'Endpoint=sb://x;' },
      'both',
      '0 * * * * *',
    ],
    ['come beside a timer that was given', { ...bus, ...schedule }, 'background', '0 */5 * * * *'],
    ['come as seldom as somebody wants', { ...bus, TRICKLE_NUDGES_SECONDS: '10' }, 'both', '0 * * * * *'],
    ['are nothing that the public app gets', bus, 'public', undefined],
    ['are not there without a Service Bus', schedule, 'both', undefined],
    ['are not there when switched off', { ...bus, TRICKLE_NUDGES_SECONDS: '0' }, 'both', undefined],
    ['are not there where the connection is empty', { ServiceBusForwarderConnection: '' }, 'both', undefined],
  ])('%s', (_, environment, app, backstop) => {
    expect(nudgingOf(environment, app)?.backstopSchedule).toBe(backstop)
  })
})

describe('a connection to Service Bus', () => {
  it('is a connection string or a namespace, and a wrong one is told without its value', () => {
    const namespace = 'sb-x.servicebus.windows.net'
    expect(
      parseSettings({ ...local, ServiceBusConnection__fullyQualifiedNamespace: namespace }),
    ).toMatchObject({ ServiceBusConnection__fullyQualifiedNamespace: namespace })
    const detail = detailOf({
      ...local,
      ServiceBusConnection: 'hunter2',
      ServiceBusForwarderConnection__fullyQualifiedNamespace: 'https://sb-x/',
    })
    expect(detail).toMatch(/ServiceBusConnection: must be a connection string/u)
    expect(detail).toMatch(/ServiceBusForwarderConnection__fullyQualifiedNamespace: must be a host name/u)
    expect(detail).not.toContain('hunter2')
  })
})
