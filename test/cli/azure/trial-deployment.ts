import type { Answers } from './resource-manager-stand-in.ts'

const SUBSCRIPTION = '/subscriptions/5b1f3d1e-6a7c-4f44-9d0b-0e3f4a5b6c7d'
const GROUP = `${SUBSCRIPTION}/resourceGroups/rg-trial`
const POSTGRES = `${GROUP}/providers/Microsoft.DBforPostgreSQL/flexibleServers`
const KUSTO = `${GROUP}/providers/Microsoft.Kusto/clusters`
const SITE = `${GROUP}/providers/Microsoft.Web/sites/func-public-1`
const BACKGROUND = `${GROUP}/providers/Microsoft.Web/sites/func-background-1`
const FORWARDER = 'b2b2b2b2-0000-4000-8000-000000000002'

/** What azd holds after `azd up` of the size trial. */
export const trialValues = {
  AZURE_ENV_NAME: 'trial',
  AZURE_LOCATION: 'swedencentral',
  AZURE_SUBSCRIPTION_ID: '5b1f3d1e-6a7c-4f44-9d0b-0e3f4a5b6c7d',
  AZURE_RESOURCE_GROUP: 'rg-trial',
  AZURE_FUNCTION_NAME: 'func-public-1',
  AZURE_BACKGROUND_FUNCTION_NAME: 'func-background-1',
  POSTGRES_SERVER_NAME: 'pg-1',
  POSTGRES_REPLICA_NAMES: 'pg-1-reads',
  POSTGRES_UNWRITTEN_PARAMETERS:
    'effective_cache_size=786432,maintenance_work_mem=216064,max_connections=859,shared_buffers=262144,wal_buffers=2048',
  IDENTITY_FORWARDER_PRINCIPAL_ID: FORWARDER,
  ANALYTICS_URL: 'https://adx1.swedencentral.kusto.windows.net',
  TRICKLE_SIZE: 'trial',
  TRICKLE_NETWORK: 'public',
} as const

const administrators = { value: [{ properties: { objectId: '9D0E2F6B-1111-4222-8333-444455556666' } }] }

/** What Azure says of it, where everything is as the template believes. */
export const trialAnswers = (): Answers => ({
  ...ofGroup(),
  ...ofPostgres(),
  ...ofPlatform(),
  '/api/health/ready': { body: { status: 'ready' } },
  '/api/events': { status: 401, body: { code: 'UNAUTHENTICATED' } },
})

const ofGroup = (): Answers => ({
  [`${GROUP}/resources`]: {
    body: {
      value: [
        { type: 'Microsoft.DBforPostgreSQL/flexibleServers', name: 'pg-1', location: 'swedencentral' },
        { type: 'Microsoft.Kusto/clusters', name: 'adx1', location: 'swedencentral' },
      ],
    },
  },
  [`${GROUP}/providers/Microsoft.Resources/deployments`]: {
    body: {
      value: [
        {
          name: 'server-1',
          properties: { provisioningState: 'Succeeded', timestamp: '2026-11-30T10:00:00Z', duration: 'PT9M' },
        },
        { name: 'update-1', properties: { provisioningState: 'Succeeded' } },
      ],
    },
  },
  [`${SUBSCRIPTION}/providers/Microsoft.Insights/eventtypes/management/values`]: {
    body: {
      value: [
        {
          eventTimestamp: '2026-11-30T10:20:00Z',
          operationName: { value: 'Microsoft.DBforPostgreSQL/flexibleServers/restart/action' },
          status: { value: 'Succeeded' },
        },
      ],
    },
  },
})

const ofPostgres = (): Answers => ({
  [`${POSTGRES}/pg-1`]: { body: serverOf('Primary') },
  [`${POSTGRES}/pg-1-reads`]: { body: serverOf('AsyncReplica') },
  [`${POSTGRES}/pg-1/administrators`]: { body: administrators },
  [`${POSTGRES}/pg-1-reads/administrators`]: { body: administrators },
  [`${POSTGRES}/pg-1/configurations`]: {
    body: {
      value: [
        parameter('effective_cache_size', '786432'),
        parameter('maintenance_work_mem', '216064'),
        parameter('max_connections', '859'),
        parameter('shared_buffers', '262144'),
        parameter('wal_buffers', '2048'),
        parameter('wal_level', 'logical', 'user-override'),
      ],
    },
  },
})

const parameter = (name: string, value: string, source = 'system-default') => ({
  name,
  properties: { value, source, isConfigPendingRestart: false },
})

const serverOf = (replicationRole: string) => ({
  properties: {
    state: 'Ready',
    replicationRole,
    authConfig: { activeDirectoryAuth: 'Enabled', passwordAuth: 'Disabled' },
  },
})

const ofPlatform = (): Answers => ({
  [SITE]: {
    body: { properties: { functionAppConfig: { scaleAndConcurrency: { instanceMemoryMB: 2_048 } } } },
  },
  [`${BACKGROUND}/functions`]: {
    body: { value: [{ name: 'func-background-1/forwarding', properties: { isDisabled: false } }] },
  },
  [`${SUBSCRIPTION}/providers/Microsoft.ServiceBus`]: {
    body: {
      resourceTypes: [
        {
          resourceType: 'namespaces',
          locations: ['Sweden Central'],
          apiVersions: ['2026-01-01', '2024-01-01', '2026-06-01-preview'],
        },
      ],
    },
  },
  [`${SUBSCRIPTION}/providers/Microsoft.DBforPostgreSQL/locations/swedencentral/capabilities`]: {
    body: {
      value: [
        {
          supportedServerVersions: [{ name: '17' }, { name: '18' }],
          supportedServerEditions: [
            { name: 'GeneralPurpose', supportedServerSkus: [{ name: 'Standard_D2ds_v5' }] },
          ],
        },
      ],
    },
  },
  [KUSTO]: { body: { value: [{ name: 'adx1', properties: { state: 'Running' } }] } },
  [`${KUSTO}/adx1/databases/trickle/principalAssignments`]: {
    body: {
      value: [
        {
          properties: {
            principalId: 'c0c0c0c0-0000-4000-8000-00000000000c',
            aadObjectId: FORWARDER,
            role: 'Ingestor',
            provisioningState: 'Succeeded',
          },
        },
      ],
    },
  },
})

export const paths = { GROUP, POSTGRES, KUSTO, SITE, BACKGROUND } as const
