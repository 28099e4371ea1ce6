import type { Parameters } from './parameters.ts'
import type { ValueReader } from './values.ts'

/** Azure's own limit of read replicas for one server. */
const replicasMax = 5

/**
 * Tells the contradictions that people run into first. `var problems` of main.bicep is the whole list; what it knows of
 * server families it reads from sizes.json, so only the one that never changes is repeated here: `dev` is Burstable.
 */
export function refuseContradictions(parameters: Parameters, values: ValueReader): void {
  refuseReplicas(parameters, values)
  refuseOnBurstable(parameters, values)
  if (parameters.network === 'private' && parameters.serviceBusTier === 'Standard') {
    values.contradiction(
      'TRICKLE_NETWORK and TRICKLE_SERVICE_BUS_TIER',
      'A private network needs Service Bus Premium: Standard has no private endpoints.',
      'azd env set TRICKLE_SERVICE_BUS_TIER bySize   (or azd env set TRICKLE_NETWORK public)',
    )
  }
  if (parameters.analytics === 'existing' && parameters.analyticsUrl === undefined) {
    values.contradiction(
      'TRICKLE_ANALYTICS_URL',
      'TRICKLE_ANALYTICS is "existing", and no cluster is named.',
      'azd env set TRICKLE_ANALYTICS_URL https://<cluster>.<region>.kusto.windows.net',
    )
  }
  if (parameters.analytics !== 'existing' && parameters.analyticsUrl !== undefined) {
    values.contradiction(
      'TRICKLE_ANALYTICS_URL',
      `TRICKLE_ANALYTICS is "${parameters.analytics}", and yet a cluster is named.`,
      "azd env set TRICKLE_ANALYTICS existing   (or azd env set TRICKLE_ANALYTICS_URL '')",
    )
  }
  if (parameters.elasticClusterNodes === 1) {
    values.contradiction(
      'TRICKLE_ELASTIC_CLUSTER_NODES',
      'An elastic cluster has two nodes or more.',
      'azd env set TRICKLE_ELASTIC_CLUSTER_NODES 0   (a plain server)',
    )
  }
  if (parameters.customerManagedKey && parameters.geoRedundantBackup) {
    values.contradiction(
      'TRICKLE_CUSTOMER_MANAGED_KEY and TRICKLE_GEO_BACKUP',
      'A backup in the paired region needs a second key there, which this template does not make.',
      'azd env set TRICKLE_GEO_BACKUP false   (or azd env set TRICKLE_CUSTOMER_MANAGED_KEY false)',
    )
  }
}

function refuseReplicas({ replicas }: Parameters, values: ValueReader): void {
  const where = 'TRICKLE_REPLICAS'
  if (replicas.length > replicasMax) {
    values.contradiction(
      where,
      `${replicas.length} replicas are named; a server has at most ${replicasMax}.`,
      'Take some out.',
    )
  }
  const names = replicas.map((replica) => replica.name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined)
    values.contradiction(where, `Two replicas are called "${twice}".`, 'Give each a name of its own.')
  if (replicas.filter((replica) => replica.purpose === 'analytics').length > 1)
    values.contradiction(where, 'More than one replica is for analytics.', 'Give all but one "reads".')
}

function refuseOnBurstable(parameters: Parameters, values: ValueReader): void {
  if (parameters.size !== 'dev') return
  const asked = [
    ...(parameters.replicas.length > 0 ? ['TRICKLE_REPLICAS'] : []),
    ...(parameters.virtualEndpoint ? ['TRICKLE_VIRTUAL_ENDPOINT'] : []),
    ...(['sameZone', 'zoneRedundant'].includes(parameters.highAvailability)
      ? ['TRICKLE_HIGH_AVAILABILITY']
      : []),
    ...(parameters.elasticClusterNodes > 0 ? ['TRICKLE_ELASTIC_CLUSTER_NODES'] : []),
  ]
  if (asked.length === 0) return
  values.contradiction(
    asked.join(', '),
    'TRICKLE_SIZE is "dev": its Burstable server has no replicas, no standby and no cluster.',
    `azd env set TRICKLE_SIZE standard   (or ${asked.map((name) => `azd env set ${name} ''`).join(', ')})`,
  )
}
