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

import { endpointPlace } from '../network.bicep'
import { administratorType, replicaHostType, replicaType, rulesType } from 'types.bicep'

@minLength(3)
@maxLength(63)
param name string
param location string
param tags { *: string }
param rules rulesType
param database string
@allowed(['Disabled', 'SameZone', 'ZoneRedundant'])
param highAvailability string
param geoRedundantBackup bool
param elasticClusterNodes int
@description('The account that deploys.')
param deployer administratorType
param administrators administratorType[]
param place endpointPlace
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

// Names and ids are made from parameters, not taken from outputs: a preview then knows them before anything is there.
// What an output used to order is ordered by dependsOn.
var serverId = resourceId('Microsoft.DBforPostgreSQL/flexibleServers', name)
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
    isPrivate: place.isPrivate
    encryption: encryption
  }
}

module access 'access.bicep' = {
  params: {
    serverName: name
    isPrivate: place.isPrivate
    deployer: deployer
    administrators: administrators
  }
  dependsOn: [server]
}

module configurations 'configurations.bicep' = {
  params: {
    serverName: name
    rules: rules
    purpose: 'primary'
    isCluster: isCluster
  }
  dependsOn: [access]
}

module diagnostics 'diagnostics.bicep' = {
  params: {
    serverName: name
    rules: rules
    logAnalyticsId: logAnalyticsId
  }
  dependsOn: [configurations]
}

module endpoint '../private-endpoint.bicep' = if (place.isPrivate) {
  params: {
    name: 'pe-${name}'
    location: location
    tags: tags
    subnetId: place.subnetId
    targetId: serverId
    groupId: 'postgresqlServer'
    zoneIds: place.zoneIds
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
      primaryId: serverId
      primaryStorageGb: storageGb
      rules: rules
      deployer: deployer
      administrators: administrators
      place: place
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

output serverName string = name
@description('The primary\'s own name: 5432 for migrations and administration.')
output host string = server.outputs.host
@description('Where the app connects: PgBouncer where the size has it. On an elastic cluster the coordinator\'s (6432), not the balanced 8432: advisory locks and positions hold within one node.')
output pooledPort int = rules.pgbouncer ? 6432 : 5432
output replicaHosts replicaHostType[] = [
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
