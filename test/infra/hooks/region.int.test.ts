import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HookFailures } from '../../../infra/hooks/frame/failure.ts'
import { createReport, runPreprovision } from '../../../infra/hooks/index.ts'
import { textOfFile } from '../azure/support.ts'
import { requiredParameters, sizesSample } from './sizes-sample.ts'

/** A SKU as the service lists it; the names of sizes come in several spellings. */
const sku = (name: string, supportedHaMode: readonly string[] = []) => ({
  name,
  vCores: 2,
  supportedZones: ['1', '2'],
  supportedHaMode,
})

/** A region that has everything, in the form of the API's own example. */
const everything = {
  name: 'FlexibleServerCapabilities',
  restricted: 'Disabled',
  geoBackupSupported: 'Enabled',
  zoneRedundantHaSupported: 'Enabled',
  supportedServerVersions: [{ name: '16', supportedVersionsToUpgrade: ['17'] }, { name: '17' }],
  supportedServerEditions: [
    { name: 'Burstable', supportedServerSkus: [sku('Standard_B1ms'), sku('standard_b2s')] },
    {
      name: 'GeneralPurpose',
      supportedServerSkus: [sku('Standard_D4ds_v5', ['SameZone', 'ZoneRedundant'])],
    },
  ],
}

let server: Server
let seen: string[]
let answers: Record<string, { readonly status: number; readonly body: unknown }>
beforeEach(async () => {
  seen = []
  answers = { westeurope: { status: 200, body: { value: [everything] } } }
  server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`)
    const region = /\/(?:locations|resourceGroups)\/([^/]+)\//.exec(request.url ?? '')?.[1] ?? ''
    const { status, body } = answers[region] ?? { status: 404, body: {} }
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => {
    server.close(resolve)
  })
})

async function runWith(more: Readonly<Record<string, string>> = {}) {
  const lines: string[] = []
  const environment = {
    ...requiredParameters,
    AZURE_SUBSCRIPTION_ID: 'sub-1',
    AZURE_LOCATION: 'West Europe',
    TRICKLE_HOOK_MANAGEMENT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...more,
  }
  const report = createReport((line) => lines.push(line))
  try {
    await runPreprovision({ environment, report, sizes: sizesSample })
    return { lines, failures: [] }
  } catch (error) {
    if (!(error instanceof HookFailures)) throw error
    return { lines, failures: error.failures }
  }
}

const offering = (change: object) => ({ status: 200, body: { value: [{ ...everything, ...change }] } })

describe('the region of a first provision', () => {
  it('is asked by its short name and the version of the API, and named when it offers the server', async () => {
    const { lines, failures } = await runWith()
    expect(failures).toEqual([])
    expect(seen).toEqual([
      'GET /subscriptions/sub-1/providers/Microsoft.DBforPostgreSQL/locations/westeurope/capabilities?api-version=2025-08-01',
    ])
    expect(lines.join('\n')).toContain('westeurope offers Standard_B2s')
  })

  it.each([
    ['no server at all', { status: 200, body: { value: [] } }, 'no PostgreSQL Flexible Server in westeurope'],
    [
      'no server, with a reason',
      offering({ restricted: 'Enabled', reason: 'Provisioning is restricted in this region.' }),
      'Provisioning is restricted in this region.',
    ],
    ['no such size', offering({ supportedServerEditions: [] }), 'does not offer Standard_B2s'],
    [
      'other sizes only',
      offering({
        supportedServerEditions: [{ name: 'Burstable', supportedServerSkus: [sku('Standard_B1ms')] }],
      }),
      'Burstable there: Standard_B1ms',
    ],
    [
      'a size that is disabled',
      offering({
        supportedServerEditions: [
          { name: 'Burstable', supportedServerSkus: [{ ...sku('Standard_B2s'), status: 'Disabled' }] },
        ],
      }),
      'does not offer Standard_B2s',
    ],
    [
      'no such version',
      offering({ supportedServerVersions: [{ name: '16' }] }),
      'does not offer PostgreSQL 17',
    ],
  ])('is refused when it has %s', async (_, answer, what) => {
    answers['westeurope'] = answer
    const { failures } = await runWith()
    expect(failures).toHaveLength(1)
    expect(failures[0]).toMatchObject({
      code: 'REGION_UNAVAILABLE',
      message: expect.stringContaining(what) as string,
      mend: expect.stringContaining('AZURE_LOCATION') as string,
    })
  })

  it.each([
    ['the region says so', { zoneRedundantHaSupported: 'Disabled' }],
    [
      'the size says so',
      {
        supportedServerEditions: [
          { name: 'GeneralPurpose', supportedServerSkus: [sku('Standard_D4ds_v5', ['SameZone'])] },
        ],
      },
    ],
  ])('must have zones where the standby is in another one: %s', async (_, change) => {
    answers['westeurope'] = offering(change)
    const { failures } = await runWith({ TRICKLE_SIZE: 'standard' })
    expect(failures.map(({ mend }) => mend)).toEqual(['azd env set TRICKLE_HIGH_AVAILABILITY sameZone'])
    expect(
      (await runWith({ TRICKLE_SIZE: 'standard', TRICKLE_HIGH_AVAILABILITY: 'sameZone' })).failures,
    ).toEqual([])
  })

  it('must have a paired region where backups are to lie there', async () => {
    answers['westeurope'] = offering({ geoBackupSupported: 'Disabled' })
    expect((await runWith({ TRICKLE_GEO_BACKUP: 'true' })).failures.map(({ mend }) => mend)).toEqual([
      'azd env set TRICKLE_GEO_BACKUP false',
    ])
  })

  it('is asked for replicas elsewhere, which have no standby, each region once', async () => {
    answers['northeurope'] = offering({ zoneRedundantHaSupported: 'Disabled' })
    answers['swedencentral'] = { status: 200, body: { value: [] } }
    const replicas = ['North Europe', 'northeurope', 'swedencentral', ''].map((location, index) => ({
      name: `r${index}`,
      location,
      purpose: 'reads',
    }))
    const { failures } = await runWith({
      TRICKLE_SIZE: 'standard',
      TRICKLE_REPLICAS: JSON.stringify(replicas),
    })
    expect(seen.filter((request) => request.includes('/locations/'))).toHaveLength(3)
    expect(failures.map(({ where }) => where)).toEqual(['region swedencentral'])
  })

  it.each([
    ['is not known yet', { AZURE_LOCATION: '' }, 'not asked'],
    ['has the server already', { POSTGRES_SERVER_NAME: 'psql-1' }, ''],
  ])('is not asked when it %s', async (_, more, told) => {
    answers['westeurope'] = { status: 200, body: { value: [] } }
    const { lines, failures } = await runWith(more)
    expect([failures, seen]).toEqual([[], []])
    expect(lines.join('\n')).toContain(told)
  })

  it('is not judged when the resource group has a server, as in a pipeline, which has no outputs of the last provision', async () => {
    answers['westeurope'] = { status: 200, body: { value: [] } }
    const environment = { AZURE_ENV_NAME: 'shop' }
    answers['rg-shop'] = { status: 200, body: { value: [{ name: 'psql-1' }] } }
    const { lines, failures } = await runWith(environment)
    expect(failures).toEqual([])
    expect(lines.join('\n')).toContain('there is one already')
    expect(seen.at(-1)).toBe(
      'GET /subscriptions/sub-1/resourceGroups/rg-shop/providers/Microsoft.DBforPostgreSQL/flexibleServers?api-version=2025-08-01',
    )
    for (const answer of [
      { status: 200, body: { value: [] } },
      { status: 403, body: {} },
    ]) {
      answers['rg-shop'] = answer
      expect((await runWith(environment)).failures).toHaveLength(1)
    }
  })

  it.each([
    ['refuses to say', { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'no' } } }],
    ['answers in another form', { status: 200, body: { value: 'none' } }],
  ])('is let through with a warning when Azure %s', async (_, answer) => {
    answers['westeurope'] = answer
    const { lines, failures } = await runWith()
    expect(failures).toEqual([])
    expect(lines.find((line) => line.includes('WARNING'))).toMatch(/westeurope could not be asked/)
  })

  it('is looked for in the resource group that the template makes', () => {
    expect(textOfFile('infra/main.bicep')).toContain("take('rg-${environmentName}', 90)")
    expect(textOfFile('infra/hooks/run-preprovision.ts')).toMatch(
      /`rg-\$\{valueOf\(environment, 'AZURE_ENV_NAME'\)[^\n]*slice\(0, 90\)/,
    )
  })

  it('is asked for the version that the template makes', () => {
    const version = /version: '(\d+)'/.exec(textOfFile('infra/modules/postgres/server.bicep'))?.[1]
    expect(textOfFile('infra/hooks/run-preprovision.ts')).toContain(`POSTGRES_VERSION = '${version}'`)
  })
})
