import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ACME_DIRECTORY, append, outcome, read, startCallerStage } from './callers-support.ts'
import type { CallerStage } from './callers-support.ts'

let stage: CallerStage
beforeAll(async () => {
  stage = await startCallerStage()
})
afterAll(() => stage.end())

const ask: CallerStage['ask'] = (name, request) => stage.ask(name, request)
const tenantToken: CallerStage['tenantToken'] = (tenant) => stage.tenantToken(tenant)

describe('a directory of Entra', () => {
  const ofDirectory = (tid: string, claims: Record<string, unknown> = {}): Promise<string> =>
    stage.customers.sign({
      iss: `${stage.customers.url}/${tid}/v2.0`,
      tid,
      tenant: 'beta',
      roles: ['reader', 'writer'],
      ...claims,
    })

  it('is the tenant whose external id it is, whatever else its token says', async () => {
    const token = ofDirectory(ACME_DIRECTORY)
    expect((await ask('append-events', { token, ...append('of-directory', 'd1') })).status).toBe(201)
    expect((await ask('read-stream', { token: tenantToken('acme'), ...read('of-directory') })).status).toBe(
      200,
    )
    expect(
      outcome(await ask('read-stream', { token: tenantToken('beta'), ...read('of-directory') })),
    ).toEqual([404, 'STREAM_NOT_FOUND'])
  })

  it('that no tenant belongs to is refused, also when it is another tenant’s id', async () => {
    for (const tid of ['66666666-7777-8888-9999-aaaaaaaaaaaa', stage.acmeId])
      expect(outcome(await ask('read-stream', { token: ofDirectory(tid), ...read('both') }))).toEqual([
        403,
        'TENANT_UNKNOWN',
      ])
  })

  it('gives itself no operator and no service', async () => {
    const operator = ofDirectory(ACME_DIRECTORY, { roles: ['operator', 'reader'] })
    const refused = await ask('list-tenants', { token: operator })
    expect(outcome(refused)).toEqual([403, 'ROLE_MISSING'])
    expect(refused.json?.['detail']).toContain('its issuer may not grant the role operator')
    const token = ofDirectory(ACME_DIRECTORY, { roles: ['service', 'reader'] })
    expect(outcome(await ask('read-stream', { token, tenant: 'beta', ...read('both') }))).toEqual([
      403,
      'TENANT_CONTEXT_REFUSED',
    ])
  })
})

describe('an operator', () => {
  const operator = (application: string): Promise<string> =>
    stage.home.sign({ tenant: undefined, roles: ['operator'], azp: application })

  it('comes from the application that is named for operators, and from no other', async () => {
    expect((await ask('list-tenants', { token: operator('cockpit') })).status).toBe(200)
    const refused = await ask('list-tenants', { token: operator('shop') })
    expect(outcome(refused)).toEqual([403, 'ROLE_MISSING'])
    expect(refused.json?.['detail']).toContain('its application may not have the role operator')
  })

  it('acts for no tenant, also when it names one', async () => {
    const token = operator('cockpit')
    for (const name of ['list-tenants', 'read-feed', 'import-events'])
      expect([name, ...outcome(await ask(name, { token, tenant: 'acme' }))]).toEqual([
        name,
        403,
        'TENANT_CONTEXT_REFUSED',
      ])
  })
})
