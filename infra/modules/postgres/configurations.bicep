// Server parameters of one server. The values are infra/sizes.json's, each with its reason in
// docs/azure/postgres-settings.md; what kind each is, and what the platform has by itself (parameters.json), comes from
// Microsoft's pages for PostgreSQL 17.

import { purposeType, rulesType } from 'types.bicep'

param serverName string
param rules rulesType
param purpose purposeType
param isCluster bool

var parameters = loadJsonContent('parameters.json')

// Set on each server that has PgBouncer, replicas included: a replica takes neither the switch nor the sizes from its
// primary.
var pooler = rules.pgbouncer
  ? {
      'pgbouncer.enabled': 'true'
      'pgbouncer.default_pool_size': string(rules.poolSize)
      'pgbouncer.max_client_conn': string(rules.maxClientConnections)
      // With the platform's 0 a named statement does not exist on the next server connection. The app would go without names.
      'pgbouncer.max_prepared_statements': string(rules.maxPreparedStatements)
    }
  : {}
var ofReplica = {
  primary: {}
  reads: rules.replicaConfigurations.reads
  analytics: rules.replicaConfigurations.analytics
}
var ownOfReplica = ofReplica[purpose]
var all = items(union(rules.configurations, pooler, ownOfReplica))
// items() sorts by name. A server refuses the other parameters of PgBouncer while PgBouncer is off, so its switch is first.
var switchOfPooler = 'pgbouncer.enabled'
var ordered = concat(filter(all, one => one.key == switchOfPooler), filter(all, one => one.key != switchOfPooler))
// An elastic cluster divides memory and connections among its nodes and needs logical WAL of its own. So every
// parameter that would need a restart of all nodes keeps the value that the platform chose.
var wanted = filter(ordered, one => !isCluster || parameters[one.key].kind == 'dynamic')

// Every write waits for the one before it, so what a new server has by itself is not written: the platform's own value, and
// what it computes, by the formula that sizes.json follows, for the compute that a server is made with. The hook after
// provisioning looks whether a server still has it, and writes it where it has not. A replica begins with what its primary
// has, so what differs from the primary is written whatever the platform has.
func isOfNewServer(value string, platform string) bool => value == platform || platform == 'depends on the compute'

var settings = filter(
  wanted,
  one => contains(ownOfReplica, one.key) || !isOfNewServer(one.value, parameters[one.key].platform)
)
var left = filter(
  wanted,
  one => !contains(ownOfReplica, one.key) && isOfNewServer(one.value, parameters[one.key].platform)
)
var needRestart = map(filter(wanted, one => parameters[one.key].kind == 'static'), one => one.key)

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' existing = {
  name: serverName
}

// One at a time: two at once fail with ServerIsBusy, and so at times does the very first one after the server was made
// (hence the retries). A parameter that is taken off the list keeps its last value: Azure resets nothing by itself.
// The static ones only wait for a restart; Bicep can not restart a server, the hook after provisioning does.
@batchSize(1)
@retryOn(['ServerIsBusy', 'ServerBusy', 'Conflict', 'AadAuthOperationCannotBePerformedWhenServerIsNotAccessible'], 6)
resource parameter 'Microsoft.DBforPostgreSQL/flexibleServers/configurations@2025-08-01' = [
  for setting in settings: {
    parent: server
    name: setting.key
    properties: {
      value: setting.value
      source: 'user-override'
    }
  }
]

@description('What is not written, as name=value by comma: what the hook looks for.')
output unwrittenParameters string = join(map(left, one => '${one.key}=${one.value}'), ',')
@description('Names of the static parameters that are wanted, by comma: what may wait for a restart.')
output restartParameters string = join(needRestart, ',')
