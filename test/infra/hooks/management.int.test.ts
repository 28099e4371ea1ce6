import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ManagementClient, ownAddress, withFirewallRule } from '../../../infra/hooks/azure/index.ts'
import { createReport } from '../../../infra/hooks/index.ts'
import { startManagement } from './management-stand-in.ts'

let management: Awaited<ReturnType<typeof startManagement>>
let client: ManagementClient
beforeAll(async () => {
  management = await startManagement()
})
beforeEach(() => {
  management.requests.length = 0
  client = new ManagementClient({
    url: management.url,
    subscriptionId: 'sub-1',
    resourceGroup: 'rg-1',
    login: (scope) => Promise.resolve(`token for ${scope}`),
  })
})
afterAll(() => management.close())

const SERVER_PATH =
  '/subscriptions/sub-1/resourceGroups/rg-1/providers/Microsoft.DBforPostgreSQL/flexibleServers/pg-1'

describe('Azure Resource Manager', () => {
  it('is asked for a restart by the path and version of the API, and asked until it is done', async () => {
    management.plan({ polls: 2 })
    await client.restart('pg-1')
    expect(management.requests).toEqual([
      {
        method: 'POST',
        path: `${SERVER_PATH}/restart`,
        version: '2025-08-01',
        authorization: 'Bearer token for https://management.azure.com/.default',
        body: { restartWithFailover: false },
      },
    ])
  })

  it('may name the operation by Location', async () => {
    let isDone = false
    management.plan({
      polls: 2,
      header: 'location',
      effect: () => {
        isDone = true
        return Promise.resolve()
      },
    })
    await client.restart('pg-1')
    expect(isDone).toBe(true)
  })

  it('is asked again while the server is busy, and not for ever', async () => {
    management.plan({ refusals: [409, 409] })
    await client.restart('pg-1')
    expect(management.requests).toHaveLength(3)
    management.plan({ refusals: Array<number>(10).fill(409) })
    await expect(client.restart('pg-1')).rejects.toMatchObject({
      code: 'MANAGEMENT_FAILED',
      message: expect.stringContaining('409 ServerIsBusy') as string,
    })
    // The stand-in holds its course until it is accepted.
    await client.restart('pg-1')
  })

  it.each([
    [{ refusals: [403] }, 'MANAGEMENT_REFUSED', 'Contributor'],
    [{ refusals: [401] }, 'MANAGEMENT_REFUSED', 'azd auth login'],
    [{ refusals: [500] }, 'MANAGEMENT_FAILED', 'Activity log'],
    [{ outcome: 'Failed' as const }, 'MANAGEMENT_FAILED', 'Activity log'],
  ])('tells what is wrong: %j', async (course, code, mend) => {
    management.plan(course)
    await expect(client.restart('pg-2')).rejects.toMatchObject({
      code,
      where: expect.stringMatching(/flexibleServers\/pg-2\/restart$/) as string,
      mend: expect.stringContaining(mend) as string,
    })
  })

  it('never sends the token where an answer refers to', async () => {
    const tricked = new ManagementClient({
      url: management.url.replace('127.0.0.1', 'localhost'),
      subscriptionId: 's',
      resourceGroup: 'r',
      login: () => Promise.resolve('secret'),
    })
    await expect(tricked.restart('pg-1')).rejects.toMatchObject({
      code: 'MANAGEMENT_FAILED',
      message: expect.stringContaining('refers to another address') as string,
    })
    expect(management.requests.map(({ authorization }) => authorization)).toEqual(['Bearer secret'])
  })

  it('is unreachable in so many words', async () => {
    const gone = await startManagement()
    await gone.close()
    const lost = new ManagementClient({
      url: gone.url,
      subscriptionId: 's',
      resourceGroup: 'r',
      login: () => Promise.resolve('t'),
    })
    await expect(lost.restart('pg-1')).rejects.toMatchObject({ code: 'MANAGEMENT_FAILED' })
  })
})

describe('the rule of the firewall', () => {
  const report = createReport(() => {})
  const rulePath = `${SERVER_PATH}/firewallRules/trickle-hook`

  it('stands while the work runs and is taken away after a failure too', async () => {
    const failing = withFirewallRule(client, 'pg-1', '203.0.113.7', report, () => {
      expect(management.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([`PUT ${rulePath}`])
      return Promise.reject(new Error('the work failed'))
    })
    await expect(failing).rejects.toThrow('the work failed')
    expect(management.requests.map(({ method, path, body }) => ({ method, path, body }))).toEqual([
      {
        method: 'PUT',
        path: rulePath,
        body: { properties: { startIpAddress: '203.0.113.7', endIpAddress: '203.0.113.7' } },
      },
      { method: 'DELETE', path: rulePath, body: undefined },
    ])
  })

  it('that can not be taken away is told, and hides nothing of the work', async () => {
    const lines: string[] = []
    management.plan({}, { refusals: [403] })
    await withFirewallRule(
      client,
      'pg-1',
      '203.0.113.7',
      createReport((line) => lines.push(line)),
      () => Promise.resolve(),
    )
    expect(lines.join('\n')).toContain('WARNING    rule trickle-hook is still there, delete it by hand')
  })

  it('takes the address that was given, and refuses what is none', async () => {
    expect(await ownAddress('203.0.113.7')).toBe('203.0.113.7')
    await expect(ownAddress('here')).rejects.toMatchObject({
      code: 'NO_ROUTE',
      where: 'TRICKLE_CLIENT_ADDRESS',
    })
    await expect(ownAddress(undefined, management.url)).rejects.toMatchObject({
      code: 'NO_ROUTE',
      mend: expect.stringContaining('TRICKLE_CLIENT_ADDRESS') as string,
    })
  })
})
