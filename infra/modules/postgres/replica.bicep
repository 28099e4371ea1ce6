// One read replica with all that makes it a server of its own: size, login, administrators, parameters, PgBouncer, logs
// and its private endpoint. It inherits settings only when it is made; a promoted replica keeps only what was set on
// itself.

import { endpointPlace } from '../network.bicep'
import { administratorType, encryptionType, rulesType } from 'types.bicep'

param name string
@description('The replica\'s region.')
param location string
param tags { *: string }
param purpose 'reads' | 'analytics'
param primaryId string
@description('GiB that the primary has now: a replica must have as much.')
param primaryStorageGb int
param rules rulesType
@description('The account that deploys.')
param deployer administratorType
param administrators administratorType[]
param place endpointPlace
@description('Region of the virtual network, where the private endpoint lies whatever the replica\'s region.')
param networkLocation string
param encryption encryptionType?
param logAnalyticsId string
param isCluster bool

// The tag tells people which server they may load with reports.
var ownTags = union(tags, { 'trickle-purpose': purpose })

module storage 'storage-size.bicep' = {
  params: {
    serverName: name
    leastGb: primaryStorageGb
  }
}

module create 'replica-create.bicep' = {
  params: {
    name: name
    location: location
    tags: ownTags
    primaryId: primaryId
    rules: rules
    storageGb: storage.outputs.storageGb
    autoGrow: rules.autoGrow && !isCluster
    isPrivate: place.isPrivate
    encryption: encryption
  }
}

module update 'replica-update.bicep' = {
  params: {
    name: name
    location: location
    tags: ownTags
    rules: rules
    storageGb: storage.outputs.storageGb
    autoGrow: rules.autoGrow && !isCluster
    isPrivate: place.isPrivate
    encryption: encryption
  }
  dependsOn: [create]
}

module access 'access.bicep' = {
  params: {
    serverName: name
    isPrivate: place.isPrivate
    deployer: deployer
    administrators: administrators
  }
  dependsOn: [update]
}

module configurations 'configurations.bicep' = {
  params: {
    serverName: name
    rules: rules
    purpose: purpose
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
    location: networkLocation
    tags: tags
    subnetId: place.subnetId
    targetId: resourceId('Microsoft.DBforPostgreSQL/flexibleServers', name)
    groupId: 'postgresqlServer'
    zoneIds: place.zoneIds
  }
  dependsOn: [diagnostics]
}

output host string = update.outputs.host
