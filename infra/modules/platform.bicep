// Everything in the resource group, family by family, and what each gets from the others. main.bicep has already
// refused contradictions.

import { authType } from 'apps.bicep'
import { identityIdOf } from 'identities.bicep'
import { appSubnetIdOf, placeOf, zoneNamesOf } from 'network.bicep'
import { administratorType, replicaType } from 'postgres/types.bicep'
import { sizeType } from 'size-types.bicep'

param location string
param tags { *: string }
@description('Ends every name; the same at each provision.')
@minLength(13)
@maxLength(13)
param token string
@description('The chosen size of sizes.json.')
param rules sizeType
param isPrivate bool
@allowed(['off', 'Standard', 'Premium'])
param serviceBusTier string
param database {
  serverName: string
  name: string
  highAvailability: 'Disabled' | 'SameZone' | 'ZoneRedundant'
  geoRedundantBackup: bool
  elasticClusterNodes: int
  deployer: administratorType
  administrators: administratorType[]
  replicas: replicaType[]
  virtualEndpoint: bool
  customerManagedKey: bool
}
param analytics {
  mode: 'off' | 'new' | 'existing'
  database: string
  existingUri: string
  existingId: string
}
param withCache bool
@description('A deployment replaces the instances of the apps one after the other.')
param rollingUpdate bool
param auth authType
param corsOrigins string[]
param contextSettings string[]

// ---- Identities, logs, network

// What a name, an id or a condition is made of comes from parameters, never from an output: a preview then shows every
// resource by its name. So where a module needs another to be there, and takes no output of it, dependsOn says so.

module identities 'identities.bicep' = {
  params: { location: location, tags: tags, token: token }
}

// What the platform uses in each app.
var platformIds = {
  public: identityIdOf('platform-public', token)
  background: identityIdOf('platform-background', token)
}
var platformPrincipalIds = {
  public: identities.outputs.publicPlatform.principalId
  background: identities.outputs.backgroundPlatform.principalId
}

module monitoring 'monitoring.bicep' = {
  params: {
    location: location
    tags: tags
    token: token
    rules: rules.monitoring
    publisherIds: platformIds
    publisherPrincipalIds: platformPrincipalIds
  }
}

var withServiceBus = serviceBusTier != 'off'

// Data Explorer takes data by way of blobs, queues and tables of its own, so its endpoint has names in four zones.
var analyticsZones = [
  'privatelink.${toLower(replace(location, ' ', ''))}.kusto.windows.net'
  zoneNamesOf.blob
  zoneNamesOf.queue
  zoneNamesOf.table
]
var zoneNames = union(
  [zoneNamesOf.postgres, zoneNamesOf.blob],
  withServiceBus ? [zoneNamesOf.serviceBus] : [],
  analytics.mode == 'new' ? analyticsZones : [],
  withCache ? [zoneNamesOf.redis] : []
)
var networkName = 'vnet-${token}'

// A service waits for the whole network, the links of the zones too: if a name was looked up before its zone is linked, its
// public address would be remembered.
module vnet 'network.bicep' = if (isPrivate) {
  params: { name: networkName, location: location, tags: tags, zoneNames: zoneNames }
}

// ---- Storage of the apps

var blobPlace = placeOf(isPrivate, networkName, [zoneNamesOf.blob])

module storage 'app-storage.bicep' = [
  for side in ['public', 'background']: {
    params: {
      location: location
      tags: tags
      token: token
      side: side
      sku: rules.storage.sku
      place: blobPlace
      platformId: platformIds[side]
      platformPrincipalId: platformPrincipalIds[side]
      workspaceId: monitoring.outputs.workspaceId
    }
    dependsOn: [vnet]
  }
]

module packageWrites 'alerts/package-writes.bicep' = {
  params: {
    location: location
    tags: tags
    token: token
    workspaceId: monitoring.outputs.workspaceId
    writers: platformPrincipalIds
  }
}

module failedMessages 'alerts/failed-messages.bicep' = if (withServiceBus) {
  params: {
    location: location
    tags: tags
    token: token
    workspaceId: monitoring.outputs.workspaceId
    namespaceName: 'sb-${token}'
  }
  dependsOn: [serviceBus]
}

// ---- The database server

module postgres 'postgres/postgres.bicep' = {
  params: {
    name: database.serverName
    location: location
    tags: tags
    rules: rules.postgres
    database: database.name
    highAvailability: database.highAvailability
    geoRedundantBackup: database.geoRedundantBackup
    elasticClusterNodes: database.elasticClusterNodes
    deployer: database.deployer
    administrators: database.administrators
    place: placeOf(isPrivate, networkName, [zoneNamesOf.postgres])
    replicas: database.replicas
    virtualEndpoint: database.virtualEndpoint
    customerManagedKey: database.customerManagedKey
    keyVaultName: 'kv-${token}'
    logAnalyticsId: monitoring.outputs.workspaceId
  }
  dependsOn: [vnet]
}

// ---- Service Bus

module serviceBus 'service-bus.bicep' = if (withServiceBus) {
  params: {
    location: location
    tags: tags
    token: token
    tier: serviceBusTier == 'Premium' ? 'Premium' : 'Standard'
    capacity: rules.serviceBus.capacity
    place: placeOf(isPrivate, networkName, [zoneNamesOf.serviceBus])
    identityIds: {
      app: identityIdOf('app', token)
      worker: identityIdOf('worker', token)
      forwarder: identityIdOf('forwarder', token)
      operator: identityIdOf('operator', token)
    }
    principalIds: {
      app: identities.outputs.app.principalId
      worker: identities.outputs.worker.principalId
      forwarder: identities.outputs.forwarder.principalId
      operator: identities.outputs.operator.principalId
    }
    workspaceId: monitoring.outputs.workspaceId
  }
  dependsOn: [vnet]
}

var serviceBusNamespace = withServiceBus ? serviceBus!.outputs.fullyQualifiedNamespace : ''

// ---- Data Explorer

module analyticsFamily 'analytics.bicep' = {
  params: {
    location: location
    tags: tags
    token: token
    mode: analytics.mode
    rules: rules.analytics
    databaseName: analytics.database
    existingUri: analytics.existingUri
    existingId: analytics.existingId
    forwarderId: identityIdOf('forwarder', token)
    forwarderClientId: identities.outputs.forwarder.clientId
    place: placeOf(isPrivate, networkName, analyticsZones)
    workspaceId: monitoring.outputs.workspaceId
  }
  dependsOn: [vnet]
}

// ---- Cache

module redis 'redis.bicep' = if (withCache) {
  params: {
    location: location
    tags: tags
    token: token
    rules: rules.cache
    place: placeOf(isPrivate, networkName, [zoneNamesOf.redis])
    userPrincipalId: identities.outputs.app.principalId
    workspaceId: monitoring.outputs.workspaceId
  }
  dependsOn: [vnet]
}

// ---- The apps
// They take outputs of every module that gives them rights or an endpoint, so they start after them: a host that looks up a
// name before its private endpoint is there remembers the public address.
module apps 'apps.bicep' = {
  params: {
    location: location
    tags: tags
    token: token
    rules: rules.functions
    rollingUpdate: rollingUpdate
    identities: {
      app: identities.outputs.app
      worker: identities.outputs.worker
      forwarder: identities.outputs.forwarder
      operator: identities.outputs.operator
      publicPlatform: identities.outputs.publicPlatform
      backgroundPlatform: identities.outputs.backgroundPlatform
    }
    storage: { public: storage[0].outputs.storage, background: storage[1].outputs.storage }
    withServiceBus: withServiceBus
    serviceBusNamespace: serviceBusNamespace
    insightsConnectionString: monitoring.outputs.connectionString
    subnetIds: {
      public: isPrivate ? appSubnetIdOf(networkName, 'public') : ''
      background: isPrivate ? appSubnetIdOf(networkName, 'background') : ''
    }
    corsOrigins: corsOrigins
    contextSettings: contextSettings
    database: {
      // With a virtual endpoint its writer name, which follows a promotion; else the server's own.
      host: postgres.outputs.writerHost
      port: postgres.outputs.pooledPort
      name: database.name
      // They save the server a tenth of an append. PgBouncer keeps track of them (`maxPreparedStatements` of sizes.json).
      statements: 'named'
    }
    auth: auth
    analytics: {
      forwards: analytics.mode != 'off'
      url: analyticsFamily.outputs.uri
      database: analytics.database
    }
    workspaceId: monitoring.outputs.workspaceId
  }
  dependsOn: [vnet]
}

output publicApp { name: string, uri: string } = apps.outputs.publicApp
output backgroundApp { name: string, uri: string } = apps.outputs.backgroundApp
output postgres {
  serverName: string
  host: string
  pooledPort: int
  replicaNames: string[]
  restartParameters: string
  unwrittenParameters: string
} = {
  serverName: postgres.outputs.serverName
  host: postgres.outputs.host
  pooledPort: postgres.outputs.pooledPort
  replicaNames: map(postgres.outputs.replicaHosts, replica => replica.name)
  restartParameters: postgres.outputs.restartParameters
  unwrittenParameters: postgres.outputs.unwrittenParameters
}
output principalIds { app: string, worker: string, forwarder: string, operator: string } = {
  app: identities.outputs.app.principalId
  worker: identities.outputs.worker.principalId
  forwarder: identities.outputs.forwarder.principalId
  operator: identities.outputs.operator.principalId
}
output serviceBusNamespace string = serviceBusNamespace
output analyticsUrl string = analyticsFamily.outputs.uri
