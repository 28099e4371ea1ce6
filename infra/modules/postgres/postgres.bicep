// The PostgreSQL family: primary (or elastic cluster), access and parameters, replicas, virtual endpoint.
//
// A flexible server takes one change at a time and answers others with 409 ServerIsBusy. So everything here is one chain:
// key → server → access → parameters → logs → private endpoint → replica after replica → virtual endpoint.
// Replicas come last because their making blocks every other change of the primary. Contradictions between the
// parameters (replicas of a burstable size, and so on) are refused by main.bicep before anything is made.
//
// The database of a plain server is made by the hook after provisioning, as trickle_owner's. Made here, before the server
// has an administrator, it would belong to a role of the platform, and no administrator could migrate it. An elastic
// cluster brings its own (server.bicep).

import { administratorType, networkType, replicaType, rulesType } from 'types.bicep'

@minLength(3)
@maxLength(63)
param name string
param location string
param tags object
param rules rulesType
param database string
@allowed(['Disabled', 'SameZone', 'ZoneRedundant'])
param highAvailability string
param geoRedundantBackup bool
param elasticClusterNodes int
param administrators administratorType[]
param network networkType
@maxLength(5)
param replicas replicaType[]
param virtualEndpoint bool
param customerManagedKey bool
param keyVaultName string
param logAnalyticsId string

// A server's name has at most 63 characters. A longer name is cut, but two replicas always keep different names.
func labelOf(replicaName string) string =>
  toLower(length(replicaName) <= 20 ? replicaName : '${take(replicaName, 11)}-${take(uniqueString(replicaName), 8)}')

// Regions are written in two ways ("West Europe", "westeurope") that mean the same.
func regionOf(location string) string => toLower(replace(location, ' ', ''))

var isCluster = elasticClusterNodes > 0
var servers = map(replicas, one => {
  name: '${take(name, 42)}-${labelOf(one.name)}'
  location: empty(one.?location ?? '') ? location : one.?location ?? location
  purpose: one.purpose
})
// The reader name may lead to these replicas only: one in another region is slower than the primary itself, and reports
// on the one for analytics must not slow down the app's reads.
var near = filter(servers, one => one.purpose == 'reads' && regionOf(one.location) == regionOf(location))
var withEndpoint = virtualEndpoint && !empty(near)

module key '../key-vault.bicep' = if (customerManagedKey) {
  params: {
    name: keyVaultName
    location: location
    tags: tags
    logAnalyticsId: logAnalyticsId
  }
}
var encryption = customerManagedKey ? { keyUri: key!.outputs.keyUri, identityId: key!.outputs.identityId } : null

// A disk that does not grow has the size that it was made with.
module storage 'storage-size.bicep' = if (rules.autoGrow) {
  params: {
    serverName: name
    leastGb: rules.storageGb
  }
}

var storageGb = rules.autoGrow ? storage!.outputs.storageGb : rules.storageGb

module server 'server.bicep' = {
  params: {
    name: name
    location: location
    tags: tags
    rules: rules
    storageGb: storageGb
    highAvailability: highAvailability
    geoRedundantBackup: geoRedundantBackup
    elasticClusterNodes: elasticClusterNodes
    database: database
    isPrivate: network.isPrivate
    encryption: encryption
  }
}

module access 'access.bicep' = {
  params: {
    serverName: server.outputs.name
    isPrivate: network.isPrivate
    administrators: administrators
  }
}

module configurations 'configurations.bicep' = {
  params: {
    serverName: server.outputs.name
    rules: rules
    purpose: 'primary'
    isCluster: isCluster
  }
  dependsOn: [access]
}

module diagnostics 'diagnostics.bicep' = {
  params: {
    serverName: server.outputs.name
    rules: rules
    logAnalyticsId: logAnalyticsId
  }
  dependsOn: [configurations]
}

module endpoint '../private-endpoint.bicep' = if (network.isPrivate) {
  params: {
    name: 'pe-${name}'
    location: location
    tags: tags
    subnetId: network.endpointSubnetId
    targetId: server.outputs.id
    groupId: 'postgresqlServer'
    zoneIds: [network.privateDnsZoneId]
  }
  dependsOn: [diagnostics]
}

@batchSize(1)
module replica 'replica.bicep' = [
  for one in servers: {
    params: {
      name: one.name
      location: one.location
      tags: tags
      purpose: one.purpose
      primaryId: server.outputs.id
      primaryStorageGb: storageGb
      rules: rules
      administrators: administrators
      network: network
      networkLocation: location
      encryption: encryption
      logAnalyticsId: logAnalyticsId
      isCluster: isCluster
    }
    dependsOn: [diagnostics, endpoint]
  }
]

module names 'virtual-endpoint.bicep' = if (withEndpoint) {
  params: {
    primaryName: name
    primaryHost: server.outputs.host
    replicaName: withEndpoint ? near[0].name : ''
    endpointName: '${take(name, 58)}-pair'
  }
  dependsOn: [replica]
}

output serverName string = server.outputs.name
@description('The primary\'s own name: 5432 for migrations and administration.')
output host string = server.outputs.host
@description('Where the app connects: PgBouncer where the size has it. On an elastic cluster the coordinator\'s (6432), not the balanced 8432: advisory locks and positions hold within one node.')
output pooledPort int = rules.pgbouncer ? 6432 : 5432
@description('{ name (of the server), host, purpose } of each replica.')
output replicaHosts array = [
  for (one, index) in servers: {
    name: one.name
    host: replica[index].outputs.host
    purpose: one.purpose
  }
]
output writerHost string = withEndpoint ? names!.outputs.writerHost : server.outputs.host
output readerHost string = withEndpoint ? names!.outputs.readerHost : server.outputs.host
output restartParameters string = configurations.outputs.restartParameters
output unwrittenParameters string = configurations.outputs.unwrittenParameters
