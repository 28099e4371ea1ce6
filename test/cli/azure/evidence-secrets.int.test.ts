import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EvidenceBench, evidenceOf, unknown } from './evidence-bench.ts'
import { paths } from './trial-deployment.ts'

let bench: EvidenceBench
beforeEach(async () => {
  bench = await EvidenceBench.start()
})
afterEach(async () => {
  await bench.stop()
})

/** Of a form that is believed to be a token; nothing here checks its signature. */
const tokenWith = (claims: object): string =>
  `eyJhbGciOiJSUzI1NiJ9.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2lnbmF0dXJlLW9mLWEtdG9rZW4`

describe('the claim that names the tenant', () => {
  const iss = 'https://login.microsoftonline.com/1/v2.0'

  it.each([
    ['a user’s token that has it', { iss, scp: 'access', 'extn.tenant': 'acme' }, 'answered', /^yes/],
    [
      'a user’s token that has it under another name',
      { iss, scp: 'access', extn_tenant: 'a' },
      'answered',
      /^NO: .*extn_tenant/,
    ],
    ['an application’s token', { iss, roles: ['operator'] }, 'open', /an application’s/],
    [
      'a token of another issuer',
      { iss: 'https://login.example.com/', scp: 'access' },
      'open',
      /none of Entra/,
    ],
  ])('is judged by %s', async (_, claims, state, found) => {
    bench.installAzd()
    const answer = unknown(evidenceOf(await bench.run(['--json'], { TRICKLE_TOKEN: tokenWith(claims) })), 15)
    expect(answer).toMatchObject({ state, found: expect.stringMatching(found) as string })
  })
})

describe('secrets', () => {
  const jwt = tokenWith({ iss: 'https://login.microsoftonline.com/1/v2.0', 'extn.tenant': 'acme', oid: '1' })
  const secrets = {
    'a token of a tenant': jwt,
    'a token of an operator': 'opaque-operator-token-7781',
    'a connection string': 'c3RvcmFnZS1hY2NvdW50LWtleS1vZi1zb21lYm9keQ==',
    'a password': 'correct-horse-battery',
    'a client secret': 'abc8Q~aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    'a key of a setting': 'setting-key-5512',
    'a person': 'anna@example.com',
    'a message of Azure': 'cGFzc3dvcmQtaW4tYS1tZXNzYWdl',
  }

  it.each([['--json'], ['--smoke']])(
    'are nowhere in a report (%s), wherever they come from',
    async (word) => {
      bench.values['MY_CLIENT_SECRET'] = secrets['a client secret']
      bench.values['TRICKLE_HOOK_POSTGRES_URL'] = `postgres://admin:${secrets['a password']}@host:5432`
      bench.values['POSTGRES_HOST'] = `postgres://admin:${secrets['a password']}@host`
      bench.values['TRICKLE_CONTEXT_SETTINGS'] = `["TRICKLE_DEMO_GREETING=${secrets['a key of a setting']}"]`
      bench.values['POSTGRES_ADMINISTRATOR_NAME'] = secrets['a person']
      bench.values['SERVICE_BUS_NAMESPACE'] =
        `Endpoint=sb://x;SharedAccessKey=${secrets['a connection string']}`
      bench.answers[`${paths.GROUP}/resources`] = {
        body: { value: [{ type: jwt, name: secrets['a client secret'], location: 'swedencentral' }] },
      }
      bench.answers['/api/health/ready'] = {
        status: 503,
        body: {
          AccountKey: secrets['a connection string'],
          seen: `Bearer ${jwt}`,
          operator: secrets['a token of an operator'],
        },
      }
      bench.installAzd()
      const { out, error } = await bench.run([word], {
        TRICKLE_TOKEN: jwt,
        TRICKLE_OPERATOR_TOKEN: secrets['a token of an operator'],
      })
      expect(out).toContain('[left out]')
      expect(out).toContain('TRICKLE_DEMO_GREETING')
      expect(out).toContain('yes: the token has extn.tenant')
      for (const [what, secret] of Object.entries(secrets))
        expect([what, `${out}${error}`.includes(secret)]).toEqual([what, false])
    },
  )
})
