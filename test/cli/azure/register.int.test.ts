import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Graph, register, registeredText } from '../../../cli/azure/index.ts'
import type { Registration } from '../../../cli/azure/index.ts'
import { GraphStandIn } from './graph-stand-in.ts'

let graph: GraphStandIn
beforeEach(async () => {
  graph = await new GraphStandIn().start()
})
afterEach(() => graph.stop())

const everything: Registration = {
  name: 'trickle',
  operator: true,
  backend: true,
  myTenant: 'acme',
  secretDays: null,
  isDry: false,
}

async function run(options: Partial<Registration> = {}) {
  const notes: string[] = []
  const client = new Graph({ url: graph.url, token: () => Promise.resolve('a-token') })
  const registered = await register(client, { ...everything, ...options }, (line) => notes.push(line))
  return { registered, notes }
}

describe('the registration with Entra', () => {
  it('makes the API, its callers and you, although what was just made is not seen at once', async () => {
    graph.lag = 1
    const { registered } = await run()
    const api = graph.application('trickle') ?? {}
    expect(api).toMatchObject({
      signInAudience: 'AzureADMyOrg',
      identifierUris: [`api://${registered.apiAppId}`],
      api: {
        requestedAccessTokenVersion: 2,
        oauth2PermissionScopes: [{ value: 'access', isEnabled: true }],
        preAuthorizedApplications: [{ appId: '04b07795-8ddb-461a-bbee-02f9e1bf7b46' }],
      },
      optionalClaims: { accessToken: [{ name: expect.stringMatching(/^extension_\w+_tenant$/u) as string }] },
    })
    expect((api['appRoles'] as { value: string }[]).map(({ value }) => value)).toEqual([
      'reader',
      'writer',
      'admin',
      'operator',
      'service',
    ])
    // One for the operator, three for the backend, two for you.
    expect(graph.assignments).toHaveLength(6)
    expect(Object.values(graph.me)).toContain('acme')
    expect(registered.operator?.appId).toBe(graph.application('trickle-operator')?.['appId'])
    expect(registered.backend?.secret).toBeUndefined()
  })

  it('changes nothing the second time', async () => {
    const { registered } = await run()
    const before = graph.writes.length
    const again = await run()
    expect(graph.writes).toHaveLength(before)
    expect(again.notes).toEqual([])
    expect(again.registered).toEqual({ ...registered, changes: 0 })
    expect(registeredText(again.registered)).toMatch(
      /^Everything is registered already; nothing was changed\./u,
    )
  })

  it('adds what is missing, and keeps what others have added', async () => {
    await run({ operator: false, backend: false, myTenant: null })
    const api = graph.application('trickle') ?? {}
    const own = { id: 'own-role', value: 'auditor' }
    api['appRoles'] = [own]
    const claims = (api['optionalClaims'] as { accessToken: object[] }).accessToken
    claims.push({ name: 'email' })
    const { notes } = await run({ operator: false, backend: false, myTenant: null })
    expect(notes).toEqual(['will add the roles reader, writer, admin, operator, service'])
    expect(api['appRoles']).toContainEqual(own)
    expect(claims).toContainEqual({ name: 'email' })
  })

  it('goes on where a refusal has ended it', async () => {
    graph.refusals.push({ status: 403, code: 'Authorization_RequestDenied' })
    await expect(run()).rejects.toMatchObject({
      code: 'GRAPH_REFUSED',
      message: expect.stringMatching(
        /refused POST applications: Authorization_RequestDenied: .*Application Developer/u,
      ) as string,
    })
    const { registered } = await run()
    expect(registered.changes).toBeGreaterThan(0)
    expect((await run()).registered.changes).toBe(0)
  })

  it('waits while Graph is busy', async () => {
    graph.refusals.push({ status: 429, code: 'TooManyRequests' }, { status: 503, code: 'ServiceUnavailable' })
    await run({ operator: false, backend: false, myTenant: null })
    expect(graph.application('trickle')).toBeDefined()
  })

  it('changes nothing in a dry run, and tells every change', async () => {
    const { registered, notes } = await run({ isDry: true, secretDays: 7 })
    expect(graph.writes).toEqual([])
    expect(notes).toHaveLength(registered.changes)
    expect(notes).toContain('would register the application trickle')
    expect(notes).toContain('would make a secret of trickle-operator, valid for 7 days')
    expect(registeredText(registered)).toMatch(/^\d+ changes to make\. Nothing was changed\./u)
  })

  it('makes secrets when asked, and prints them once', async () => {
    const { registered } = await run({ secretDays: 7 })
    expect(registeredText(registered)).toContain('secret, shown only now: secret of trickle-operator')
    expect(registeredText((await run()).registered)).not.toContain('secret')
  })

  it('refuses to guess among two applications of one name', async () => {
    await run({ operator: false, backend: false, myTenant: null })
    const [first] = graph.applications.values()
    graph.applications.set('second', {
      value: { ...first?.value, id: 'second', appId: 'app-2' },
      hiddenFor: 0,
    })
    await expect(run()).rejects.toMatchObject({
      code: 'NAME_AMBIGUOUS',
      message: expect.stringMatching(/2 applications called "trickle" \(.*app-2\)/u) as string,
    })
  })
})
