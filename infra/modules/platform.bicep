// Everything in the resource group, family by family, and what each gets from the others. main.bicep has already
// refused contradictions.

import { authType } from 'functions.bicep'
import { administratorType, replicaType } from 'postgres/types.bicep'

param location string
param tags object
@description('Ends every name; the same at each provision.')
@minLength(13)
@maxLength(13)
param token string
@description('The chosen size of sizes.json.')
param rules object
param isPrivate bool
@allowed(['off', 'Standard', 'Premium'])
param serviceBusTier string
param database {
  serverName: string
  name: string
  highAvailability: 'Disabled' | 'SameZone' | 'ZoneRedundant'
  geoRedundantBackup: bool
  elasticClusterNodes: int
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
@description('A deployment replaces the instances of the app one after the other.')
param rollingUpdate bool
param auth authType
param corsOrigins string[]
param contextSettings string[]

// ---- Identities, logs, network

module identities 'identities.bicep' = {
  params: { location: location, tags: tags, token: token }
}

module monitoring 'monitoring.bicep' = {
  params: {
    location: location
    tags: tags
    token: token
    rules: rules.monitoring
    publisher: identities.outputs.app
  }
}

var withServiceBus = serviceBusTier != 'off'

var postgresZone = 'privatelink.postgres.database.azure.com'
var blobZone = 'privatelink.blob.${environment().suffixes.storage}'
var serviceBusZone = 'privatelink.servicebus.windows.net'
var redisZone = 'privatelink.redis.azure.net'
// Data Explorer takes data by way of blobs, queues and tables of its own, so its endpoint has names in four zones.
var analyticsZones = [
  'privatelink.${toLower(replace(location, ' ', ''))}.kusto.windows.net'
  blobZone
  'privatelink.queue.${environment().suffixes.storage}'
  'privatelink.table.${environment().suffixes.storage}'
]
var zoneNames = union(
  [postgresZone, blobZone],
  withServiceBus ? [serviceBusZone] : [],
  analytics.mode == 'new' ? analyticsZones : [],
  withCache ? [redisZone] : []
)

module vnet 'network.bicep' = if (isPrivate) {
  params: { location: location, tags: tags, token: token, zoneNames: zoneNames }
}

var endpointSubnetId = isPrivate ? vnet!.outputs.endpointSubnetId : ''
var zoneIds = isPrivate ? vnet!.outputs.zoneIds : []

// ---- Storage: the host's state and the deployed package, apart

var blobPlace = {
  isPrivate: isPrivate
  subnetId: endpointSubnetId
  zoneIds: isPrivate ? [zoneIds[indexOf(zoneNames, blobZone)]] : []
}

module hostStorage 'storage.bicep' = {
  params: {
    location: location
    tags: tags
    name: 'sthost${token}'
    sku: rules.storage.sku
    place: blobPlace
    containers: []
    user: identities.outputs.app
    // Owner, because the platform documents it as the least right for a host's own storage. So this is an account of
    // its own.
    role: 'Storage Blob Data Owner'
    workspaceId: monitoring.outputs.workspaceId
  }
}

var packageContainer = 'app-package'

module packageStorage 'storage.bicep' = {
  params: {
    location: location
    tags: tags
    name: 'stcode${token}'
    sku: rules.storage.sku
    place: blobPlace
    containers: [packageContainer]
    user: identities.outputs.deployment
    role: 'Storage Blob Data Contributor'
    workspaceId: monitoring.outputs.workspaceId
  }
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
    administrators: database.administrators
    network: {
      isPrivate: isPrivate
      endpointSubnetId: endpointSubnetId
      privateDnsZoneId: isPrivate ? zoneIds[indexOf(zoneNames, postgresZone)] : ''
    }
    replicas: database.replicas
    virtualEndpoint: database.virtualEndpoint
    customerManagedKey: database.customerManagedKey
    keyVaultName: 'kv-${token}'
    logAnalyticsId: monitoring.outputs.workspaceId
  }
}

// ---- Service Bus

module serviceBus 'service-bus.bicep' = if (withServiceBus) {
  params: {
    location: location
    tags: tags
    token: token
    tier: serviceBusTier == 'Premium' ? 'Premium' : 'Standard'
    capacity: rules.serviceBus.capacity
    place: {
      isPrivate: isPrivate
      subnetId: endpointSubnetId
      zoneIds: isPrivate ? [zoneIds[indexOf(zoneNames, serviceBusZone)]] : []
    }
    identities: {
      app: identities.outputs.app
      forwarder: identities.outputs.forwarder
      operator: identities.outputs.operator
    }
    workspaceId: monitoring.outputs.workspaceId
  }
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
    forwarder: identities.outputs.forwarder
    place: {
      isPrivate: isPrivate
      subnetId: endpointSubnetId
      zoneIds: isPrivate && analytics.mode == 'new'
        ? [
            zoneIds[indexOf(zoneNames, analyticsZones[0])]
            zoneIds[indexOf(zoneNames, analyticsZones[1])]
            zoneIds[indexOf(zoneNames, analyticsZones[2])]
            zoneIds[indexOf(zoneNames, analyticsZones[3])]
          ]
        : []
    }
    workspaceId: monitoring.outputs.workspaceId
  }
}

// ---- Cache

module redis 'redis.bicep' = if (withCache) {
  params: {
    location: location
    tags: tags
    token: token
    rules: rules.cache
    place: {
      isPrivate: isPrivate
      subnetId: endpointSubnetId
      zoneIds: isPrivate ? [zoneIds[indexOf(zoneNames, redisZone)]] : []
    }
    user: identities.outputs.app
    workspaceId: monitoring.outputs.workspaceId
  }
}

// ---- The app

// It takes outputs of every module that gives it rights or an endpoint, so it starts after them: a host that looks up a
// name before its private endpoint is there remembers the public address.
module functions 'functions.bicep' = {
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
      deployment: identities.outputs.deployment
    }
    package: { blobEndpoint: packageStorage.outputs.blobEndpoint, container: packageContainer }
    hostBlobEndpoint: hostStorage.outputs.blobEndpoint
    serviceBusNamespace: serviceBusNamespace
    insightsConnectionString: monitoring.outputs.connectionString
    subnetId: isPrivate ? vnet!.outputs.appSubnetId : ''
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
      url: analyticsFamily.outputs.uri
      database: analytics.database
    }
    workspaceId: monitoring.outputs.workspaceId
  }
}

output functionName string = functions.outputs.name
output functionUri string = functions.outputs.uri
output postgres { serverName: string, host: string, pooledPort: int, replicaNames: string[], restartParameters: string, unwrittenParameters: string } = {
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
