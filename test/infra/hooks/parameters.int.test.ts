import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ManagementClient, settleParameters } from '../../../infra/hooks/azure/index.ts'
import { createReport } from '../../../infra/hooks/index.ts'
import { readPostprovisionSettings } from '../../../infra/hooks/settings.ts'
import { startManagement } from './management-stand-in.ts'
import { outputsSample } from './outputs-sample.ts'

let management: Awaited<ReturnType<typeof startManagement>>
beforeAll(async () => {
  management = await startManagement()
})
beforeEach(() => {
  management.requests.length = 0
  management.parameters.clear()
})
afterAll(() => management.close())

const wanted = new Map([
  ['max_connections', '1718'],
  ['require_secure_transport', 'on'],
])

function have(server: string, values: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(values)) management.parameters.set(`${server}/${name}`, value)
}

async function settle(servers: readonly string[], parameters: ReadonlyMap<string, string> = wanted) {
  const lines: string[] = []
  const report = createReport((line) => lines.push(line))
  const client = new ManagementClient({
    url: management.url,
    subscriptionId: 'sub-1',
    resourceGroup: 'rg-1',
    login: () => Promise.resolve('token'),
  })
  await settleParameters(client, servers, parameters, report)
  return { text: lines.join('\n'), changes: report.changes }
}

describe('the parameters that the template does not write', () => {
  it('are left alone on a server that has them by itself', async () => {
    have('pg-1', { max_connections: '1718', require_secure_transport: 'ON' })
    const { text, changes } = await settle(['pg-1'])
    expect([changes, management.requests]).toEqual([0, []])
    expect(text).toMatch(/parameters +unchanged +pg-1: 2 that the template leaves are as it wants them/)
  })

  it('are written where a server has other ones, such as those of its former size, and once only', async () => {
    have('pg-1', { max_connections: '429', require_secure_transport: 'on' })
    have('pg-1-reads', { max_connections: '1718', require_secure_transport: 'off' })
    const { text, changes } = await settle(['pg-1', 'pg-1-reads'])
    expect(changes).toBe(2)
    expect(text).toContain('pg-1: max_connections is 1718 now, and was 429')
    expect(text).toContain('pg-1-reads: require_secure_transport is on now, and was off')
    expect(management.requests).toMatchObject([
      {
        method: 'PUT',
        path: '/subscriptions/sub-1/resourceGroups/rg-1/providers/Microsoft.DBforPostgreSQL/flexibleServers/pg-1/configurations/max_connections',
        version: '2025-08-01',
        body: { properties: { value: '1718', source: 'user-override' } },
      },
      { method: 'PUT', body: { properties: { value: 'on', source: 'user-override' } } },
    ])
    expect((await settle(['pg-1', 'pg-1-reads'])).changes).toBe(0)
  })

  it('that the server does not know end the run, and say which', async () => {
    await expect(settle(['pg-1'])).rejects.toMatchObject({
      code: 'MANAGEMENT_FAILED',
      where: expect.stringContaining('pg-1/configurations/max_connections') as string,
    })
  })

  it('are none with the outputs of an older template: nothing is asked', async () => {
    expect(readPostprovisionSettings(outputsSample).unwrittenParameters.size).toBe(0)
    expect(await settle(['pg-1'], new Map())).toEqual({ text: '', changes: 0 })
  })

  it('in another form are refused with what to do', () => {
    expect(() =>
      readPostprovisionSettings({ ...outputsSample, POSTGRES_UNWRITTEN_PARAMETERS: 'max_connections' }),
    ).toThrow(expect.objectContaining({ code: 'PARAMETER_INVALID', mend: 'Run: azd env refresh' }))
  })
})
