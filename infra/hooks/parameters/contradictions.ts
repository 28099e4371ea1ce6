import type { Parameters, Replica } from './parameters.ts'
import type { ValueReader } from './values.ts'

/** Azure's own limit of read replicas for one server. */
const REPLICAS_MAX = 5

/** What decides about a size's limits, and what it has by itself. */
export interface SizeRules {
  readonly postgres: { readonly tier: string }
  readonly replicas: readonly Replica[]
  readonly serviceBus: { readonly tier: string }
  readonly analytics: { readonly mode: 'off' | 'new' }
}

/**
 * Refuses the contradictions that people run into first. `var problems` of main.bicep is the whole list; it also
 * refuses everything that is refused here.
 * @param receivedQueues from which contexts receive; without Service Bus the host could not start those functions
 */
export function refuseContradictions(
  parameters: Parameters,
  rules: SizeRules,
  receivedQueues: readonly string[],
  values: ValueReader,
): void {
  refuseReplicas(parameters, values)
  if (rules.postgres.tier === 'Burstable') refuseOnBurstable(parameters, values)
  refuseServiceBus(parameters, rules, receivedQueues, values)
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

function refuseServiceBus(
  { network, serviceBusTier }: Parameters,
  rules: SizeRules,
  receivedQueues: readonly string[],
  values: ValueReader,
): void {
  const tier = serviceBusTier === 'bySize' ? rules.serviceBus.tier : serviceBusTier
  if (network === 'private' && tier === 'Standard') {
    values.contradiction(
      'TRICKLE_NETWORK and TRICKLE_SERVICE_BUS_TIER',
      'A private network forces Service Bus Premium, since Standard has no private endpoints. It is the dearest part of a small deployment, so it has to be asked for.',
      'azd env set TRICKLE_SERVICE_BUS_TIER off   (or Premium, or azd env set TRICKLE_NETWORK public)',
    )
  }
  if (tier === 'off' && receivedQueues.length > 0) {
    values.contradiction(
      'TRICKLE_SERVICE_BUS_TIER',
      `There is no Service Bus, and a context receives from ${receivedQueues.join(', ')}.`,
      'azd env set TRICKLE_SERVICE_BUS_TIER bySize',
    )
  }
}

function refuseReplicas({ replicas }: Parameters, values: ValueReader): void {
  const where = 'TRICKLE_REPLICAS'
  if (replicas.length > REPLICAS_MAX) {
    values.contradiction(
      where,
      `${replicas.length} replicas are named; a server has at most ${REPLICAS_MAX}.`,
      'Take some out.',
    )
  }
  const names = replicas.map((replica) => replica.name.toLowerCase())
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined)
    values.contradiction(where, `Two replicas are called "${twice}".`, 'Give each a name of its own.')
  if (replicas.filter((replica) => replica.purpose === 'analytics').length > 1)
    values.contradiction(where, 'More than one replica is for analytics.', 'Give all but one "reads".')
}

function refuseOnBurstable(parameters: Parameters, values: ValueReader): void {
  const asked = [
    ...(parameters.replicas.length > 0 ? ['TRICKLE_REPLICAS []'] : []),
    ...(parameters.virtualEndpoint ? ['TRICKLE_VIRTUAL_ENDPOINT false'] : []),
    ...(['sameZone', 'zoneRedundant'].includes(parameters.highAvailability)
      ? ['TRICKLE_HIGH_AVAILABILITY off']
      : []),
    ...(parameters.elasticClusterNodes > 0 ? ['TRICKLE_ELASTIC_CLUSTER_NODES 0'] : []),
  ]
  if (asked.length === 0) return
  values.contradiction(
    asked.map((name) => name.split(' ')[0]).join(', '),
    `TRICKLE_SIZE is "${parameters.size}": its Burstable server has no replicas, no standby and no cluster.`,
    `azd env set TRICKLE_SIZE standard   (or ${asked.map((setting) => `azd env set ${setting}`).join(', ')})`,
  )
}
