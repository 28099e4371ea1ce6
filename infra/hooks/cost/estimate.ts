import type { Parameters } from '../parameters/index.ts'
import type { Size } from './sizes.ts'

/** One part of the bill. */
export interface CostLine {
  readonly part: string
  readonly usdPerMonth: number
  /** Why it is there at all, or why it is expensive. */
  readonly because: string
}

export interface Estimate {
  readonly lines: readonly CostLine[]
  readonly usdPerMonth: number
}

/** Counts the pieces that the parameters ask for, the most expensive first. */
export function estimate(parameters: Parameters, size: Size): Estimate {
  const lines = [
    ...postgresLines(parameters, size),
    serviceBusLine(parameters, size),
    analyticsLine(parameters, size),
    privateEndpointLine(parameters, size),
    line('Functions', size.monthlyCost.functions, 'always-ready instances and light traffic'),
    line('Cache', parameters.cache === 'redis' ? size.monthlyCost.cache : 0, size.cache.skuName),
    line('Monitoring', size.monthlyCost.monitoring, 'logs of light traffic'),
    line(
      'Storage accounts',
      STORAGE_ACCOUNTS * size.monthlyCost.storageAccount,
      'for each of the two apps one for its host, one for its package',
    ),
    line(
      'Key of your own',
      parameters.customerManagedKey ? size.monthlyCost.keyVaultKey : 0,
      'TRICKLE_CUSTOMER_MANAGED_KEY',
    ),
  ].filter((each) => each.usdPerMonth > 0)
  lines.sort((a, b) => b.usdPerMonth - a.usdPerMonth)
  return { lines, usdPerMonth: lines.reduce((sum, each) => sum + each.usdPerMonth, 0) }
}

/**
 * For each of the two apps one for the host and one for the package, so that neither app can write what the other runs.
 * Each has an endpoint of its own.
 */
const STORAGE_ACCOUNTS = 4

const line = (part: string, usdPerMonth: number, because: string): CostLine => ({
  part,
  usdPerMonth,
  because,
})

function postgresLines(parameters: Parameters, { postgres, monthlyCost }: Size): CostLine[] {
  const server = monthlyCost.postgresServer + monthlyCost.postgresStorage
  const nodes = Math.max(1, parameters.elasticClusterNodes)
  const what =
    parameters.elasticClusterNodes > 0
      ? `an elastic cluster of ${plural(nodes, 'worker')}, each a server (${postgres.skuName})`
      : `one server (${postgres.skuName}), storage included`
  const standby =
    parameters.highAvailability === 'bySize'
      ? postgres.highAvailability !== 'Disabled'
      : parameters.highAvailability !== 'off'
  const asked = parameters.highAvailability === 'bySize' ? 'the size has it' : 'TRICKLE_HIGH_AVAILABILITY'
  return [
    line('PostgreSQL', nodes * server, what),
    line(
      'PostgreSQL standby',
      standby ? nodes * server : 0,
      `high availability doubles the server (${asked})`,
    ),
    line(
      'PostgreSQL replicas',
      parameters.replicas.length * server,
      `${plural(parameters.replicas.length, 'replica')}, ${parameters.areReplicasOfSize ? 'which the size has: a server of its own' : 'each costs a server of its own'}`,
    ),
    line(
      'Geo-redundant backup',
      parameters.geoRedundantBackup ? monthlyCost.geoRedundantBackup : 0,
      'a copy of the backups in the paired region',
    ),
  ]
}

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`

function serviceBusLine(parameters: Parameters, { serviceBus, monthlyCost }: Size): CostLine {
  const { network, serviceBusTier } = parameters
  if (serviceBusTier === 'off') return line('Service Bus', 0, '')
  const isPremium = (serviceBusTier === 'bySize' ? serviceBus.tier : serviceBusTier) === 'Premium'
  if (!isPremium) {
    return line(
      'Service Bus Standard',
      monthlyCost.serviceBusStandard,
      'sessions (commands in order) force Standard at least',
    )
  }
  const forcedBy =
    network === 'private'
      ? 'a private network forces Premium: Standard has no private endpoints'
      : serviceBusTier === 'Premium'
        ? 'asked for by TRICKLE_SERVICE_BUS_TIER'
        : 'the size has it'
  return line('Service Bus Premium', serviceBus.capacity * monthlyCost.serviceBusPremium, forcedBy)
}

function analyticsLine(parameters: Parameters, { analytics, monthlyCost }: Size): CostLine {
  if (parameters.analytics !== 'new') return line('Data Explorer', 0, '')
  const nodes = `${plural(analytics.capacity, 'node')} (${analytics.skuName})`
  const sleep = analytics.autoStop
    ? 'less when it stops itself after five idle days'
    : analytics.capacity > 1
      ? 'a standard cluster is two nodes that never sleep'
      : 'it never sleeps'
  return line('Data Explorer', analytics.capacity * monthlyCost.analyticsNode, `${nodes}: ${sleep}`)
}

function privateEndpointLine(parameters: Parameters, { monthlyCost }: Size): CostLine {
  if (parameters.network !== 'private') return line('Private endpoints', 0, '')
  const { length: replicas } = parameters.replicas
  const targets = [
    'PostgreSQL',
    ...(replicas > 0 ? [plural(replicas, 'replica')] : []),
    `${STORAGE_ACCOUNTS} for storage`,
    ...(parameters.serviceBusTier === 'off' ? [] : ['Service Bus']),
    ...(parameters.analytics === 'new' ? ['Data Explorer'] : []),
    ...(parameters.cache === 'redis' ? ['cache'] : []),
  ]
  const count = targets.length + Math.max(0, replicas - 1) + (STORAGE_ACCOUNTS - 1)
  return line(
    'Private endpoints',
    count * monthlyCost.privateEndpoint,
    `${count} of them: ${targets.join(', ')}`,
  )
}
