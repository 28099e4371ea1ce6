import type { Given } from './snapshots.ts'

export const reads = { name: 'near', purpose: 'reads' }
const reports = { name: 'reports', purpose: 'analytics' }
const distant = { name: 'far', purpose: 'reads', location: 'northeurope' }
const CLUSTER = 'https://events.westeurope.kusto.windows.net'
const CLUSTER_ID = '/subscriptions/1/resourceGroups/2/providers/Microsoft.Kusto/clusters/3'

const six = [1, 2, 3, 4, 5, 6].map((number) => ({ name: `r${number}`, purpose: 'reads' }))

/** Parameters that must be refused, and what the message must name. */
export const refused: readonly [name: string, given: Given, message: RegExp][] = [
  [
    'replicas of a Burstable server',
    { size: 'dev', replicas: [reads] },
    /TRICKLE_REPLICAS.*Burstable.*TRICKLE_SIZE/,
  ],
  [
    'a standby in the same zone of a Burstable server',
    { size: 'dev', highAvailability: 'sameZone' },
    /TRICKLE_HIGH_AVAILABILITY.*Burstable/,
  ],
  [
    'a standby in another zone of a Burstable server',
    { size: 'dev', highAvailability: 'zoneRedundant' },
    /TRICKLE_HIGH_AVAILABILITY.*Burstable/,
  ],
  [
    'a Burstable elastic cluster',
    { size: 'dev', elasticClusterNodes: 2 },
    /TRICKLE_ELASTIC_CLUSTER_NODES.*Burstable/,
  ],
  ['six replicas', { size: 'scale', replicas: six }, /TRICKLE_REPLICAS: 6 replicas.*at most 5/],
  [
    'two replicas of one name',
    { size: 'scale', replicas: [reads, { ...reports, name: 'near' }] },
    /TRICKLE_REPLICAS.*same name/,
  ],
  [
    'two replicas whose names differ by case',
    { size: 'scale', replicas: [reads, { ...reports, name: 'NEAR' }] },
    /TRICKLE_REPLICAS.*same name/,
  ],
  [
    'two replicas for analytics',
    { size: 'scale', replicas: [reports, { ...reports, name: 'other' }] },
    /TRICKLE_REPLICAS: 2 replicas for analytics/,
  ],
  [
    'a virtual endpoint without a replica',
    { size: 'scale', virtualEndpoint: true },
    /TRICKLE_VIRTUAL_ENDPOINT.*westeurope.*TRICKLE_REPLICAS/,
  ],
  [
    'a virtual endpoint with a replica for analytics only',
    { size: 'scale', virtualEndpoint: true, replicas: [reports] },
    /TRICKLE_VIRTUAL_ENDPOINT/,
  ],
  [
    'a virtual endpoint with a distant replica only',
    { size: 'scale', virtualEndpoint: true, replicas: [distant] },
    /TRICKLE_VIRTUAL_ENDPOINT/,
  ],
  [
    'a private network with Service Bus Standard',
    { size: 'scale', network: 'private', serviceBusTier: 'Standard' },
    /TRICKLE_NETWORK.*Premium.*TRICKLE_SERVICE_BUS_TIER/,
  ],
  [
    'a private network with the Service Bus of size standard',
    { size: 'standard', network: 'private', serviceBusTier: 'bySize' },
    /TRICKLE_NETWORK.*Premium.*TRICKLE_SERVICE_BUS_TIER/,
  ],
  [
    'an elastic cluster of one node',
    { size: 'scale', elasticClusterNodes: 1 },
    /TRICKLE_ELASTIC_CLUSTER_NODES/,
  ],
  [
    'an elastic cluster with two replicas',
    { size: 'scale', elasticClusterNodes: 2, replicas: [reads, reports] },
    /TRICKLE_REPLICAS.*elastic cluster/,
  ],
  [
    'an elastic cluster with a virtual endpoint',
    { size: 'scale', elasticClusterNodes: 2, replicas: [reads], virtualEndpoint: true },
    /TRICKLE_VIRTUAL_ENDPOINT.*elastic cluster/,
  ],
  [
    'an elastic cluster with a backup elsewhere',
    { size: 'scale', elasticClusterNodes: 2, geoRedundantBackup: true },
    /TRICKLE_GEO_BACKUP.*elastic cluster/,
  ],
  [
    'an elastic cluster with a key of its own',
    { size: 'scale', elasticClusterNodes: 2, customerManagedKey: true },
    /TRICKLE_CUSTOMER_MANAGED_KEY.*elastic cluster/,
  ],
  [
    'a cluster that exists and is not named',
    { analytics: 'existing' },
    /TRICKLE_ANALYTICS_URL.*no cluster is named/,
  ],
  [
    'a new cluster that has a name already',
    { analytics: 'new', analyticsClusterUri: CLUSTER },
    /TRICKLE_ANALYTICS_URL.*TRICKLE_ANALYTICS is new/,
  ],
  [
    'no analytics, and yet a cluster',
    { analytics: 'off', analyticsClusterUri: CLUSTER },
    /TRICKLE_ANALYTICS_URL.*TRICKLE_ANALYTICS is off/,
  ],
  [
    'no analytics, and yet the id of a cluster',
    { analytics: 'off', analyticsClusterId: CLUSTER_ID },
    /TRICKLE_ANALYTICS_CLUSTER_ID/,
  ],
  [
    'a cluster by plain http',
    { analytics: 'existing', analyticsClusterUri: 'http://events.westeurope.kusto.windows.net' },
    /TRICKLE_ANALYTICS_URL.*https/,
  ],
  [
    'a key of its own with a backup elsewhere',
    { size: 'scale', customerManagedKey: true, geoRedundantBackup: true },
    /TRICKLE_CUSTOMER_MANAGED_KEY.*TRICKLE_GEO_BACKUP.*second key/,
  ],
  [
    'a key of its own with a replica elsewhere',
    { size: 'scale', customerManagedKey: true, replicas: [distant] },
    /TRICKLE_CUSTOMER_MANAGED_KEY.*another region/,
  ],
  ['an issuer by plain http', { authIssuer: 'http://login.example.com' }, /TRICKLE_AUTH_ISSUER.*https/],
  [
    'keys of the issuer by plain http',
    { authJwksUrl: 'http://login.example.com/keys' },
    /TRICKLE_AUTH_JWKS_URL.*https/,
  ],
]
