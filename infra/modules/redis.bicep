// Azure Managed Redis: a cache that may vanish at any time without harm. Only made when `cache` is redis.

import { endpointPlace } from 'network.bicep'
import { cacheRules } from 'size-types.bicep'

param location string
param tags { *: string }
@minLength(13)
@maxLength(13)
param token string
@description('sizes.json, the part `cache`.')
param rules cacheRules
param place endpointPlace
@description('Who reads and writes the cache: an object id.')
param userPrincipalId string
param workspaceId string

resource cache 'Microsoft.Cache/redisEnterprise@2025-07-01' = {
  name: 'redis-${token}'
  location: location
  tags: tags
  sku: { name: rules.skuName }
  properties: {
    minimumTlsVersion: '1.2'
    highAvailability: rules.highAvailability ? 'Enabled' : 'Disabled'
    publicNetworkAccess: place.isPrivate ? 'Disabled' : 'Enabled'
  }
}

resource database 'Microsoft.Cache/redisEnterprise/databases@2025-07-01' = {
  parent: cache
  name: 'default'
  properties: {
    clientProtocol: 'Encrypted'
    port: 10000
    // The client has one address, whatever the cluster does. With the cluster's own protocol it would have to follow
    // moves.
    clusteringPolicy: 'EnterpriseCluster'
    // The entry that was not used for the longest time is removed first. It is a cache: nothing is kept on disk.
    evictionPolicy: 'AllKeysLRU'
    accessKeysAuthentication: 'Disabled'
  }
}

// The service knows one policy, `default`: everything but administration. The name takes letters and digits only.
resource mayUse 'Microsoft.Cache/redisEnterprise/databases/accessPolicyAssignments@2025-07-01' = {
  parent: database
  name: 'app'
  properties: {
    accessPolicyName: 'default'
    user: { objectId: userPrincipalId }
  }
}

// The rule asks for a version of 2016, which is older and knows less.
#disable-next-line use-recent-api-versions
resource toWorkspace 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: database
  properties: {
    workspaceId: workspaceId
    // Who connects and who is refused.
    logs: [{ category: 'ConnectionEvents', enabled: true }]
  }
  // A database that is being changed refuses other changes.
  dependsOn: [mayUse]
}

module endpoint 'private-endpoint.bicep' = if (place.isPrivate) {
  params: {
    name: 'pe-redis-${token}'
    location: location
    tags: tags
    subnetId: place.subnetId
    targetId: cache.id
    groupId: 'redisEnterprise'
    zoneIds: place.zoneIds
  }
}

output id string = cache.id
output host string = cache.properties.hostName
