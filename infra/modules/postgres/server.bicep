// The primary server, or the nodes of an elastic cluster. Its databases, rules, administrators and parameters are written
// afterwards, one at a time, by the modules beside this one.

import { encryptionType, rulesType } from 'types.bicep'

@minLength(3)
@maxLength(63)
param name string
param location string
param tags { *: string }
param rules rulesType
@description('GiB, from storage-size.bicep.')
param storageGb int
@allowed(['Disabled', 'SameZone', 'ZoneRedundant'])
param highAvailability string
param geoRedundantBackup bool
@description('0: one plain server. Two or more: an elastic cluster of so many nodes.')
param elasticClusterNodes int
@description('An elastic cluster has one database and refuses "create database", so it is named when the cluster is made.')
param database string
param isPrivate bool
@description('Fixed for the server\'s life: a server can not change between a key of the platform and one of the customer.')
param encryption encryptionType?

var isCluster = elasticClusterNodes > 0

// No availabilityZone: after a failover the server lives in the other zone, and a template that names the first one
// would fight it. No createMode: with none of them the provider makes the server or updates it.
@retryOn(['ServerIsBusy', 'ServerBusy', 'Conflict', 'AadAuthOperationCannotBePerformedWhenServerIsNotAccessible'], 6)
resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' = {
  name: name
  location: location
  tags: tags
  sku: {
    name: rules.skuName
    tier: rules.tier
  }
  identity: encryption == null
    ? null
    : {
        type: 'UserAssigned'
        userAssignedIdentities: { '${encryption!.identityId}': {} }
      }
  properties: {
    // 17 is the lowest version for the migrations (transaction_timeout) and the only version of elastic clusters.
    version: '17'
    // Entra ID only. Without a login and a password the server has no secret that could leak. It is on from the first
    // day because switching it on later restarts the server.
    authConfig: {
      activeDirectoryAuth: 'Enabled'
      passwordAuth: 'Disabled'
      tenantId: tenant().tenantId
    }
    storage: {
      storageSizeGB: storageGb
      // An elastic cluster refuses autogrow.
      autoGrow: rules.autoGrow && !isCluster ? 'Enabled' : 'Disabled'
    }
    backup: {
      // Point-in-time restore reaches back so many days.
      backupRetentionDays: rules.backupDays
      // Can be chosen only when the server is made: a later change is refused, not applied.
      geoRedundantBackup: geoRedundantBackup ? 'Enabled' : 'Disabled'
    }
    highAvailability: {
      mode: highAvailability
    }
    // Never delegatedSubnetResourceId: it can not be changed later and excludes private endpoints, which Microsoft
    // recommends.
    network: {
      publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    }
    // Servers without a window of their own are patched at least seven days before those with one: the small size shows
    // a bad patch first, then a replica (Saturday), then the primary (Sunday). Hours at night; the provider does not
    // say of which time zone.
    maintenanceWindow: {
      customWindow: rules.tier == 'Burstable' ? 'Disabled' : 'Enabled'
      dayOfWeek: 0
      startHour: 2
      startMinute: 0
    }
    dataEncryption: encryption == null
      ? null
      : {
          type: 'AzureKeyVault'
          primaryKeyURI: encryption!.keyUri
          primaryUserAssignedIdentityId: encryption!.identityId
        }
    cluster: isCluster
      ? {
          clusterSize: elasticClusterNodes
          defaultDatabaseName: database
        }
      : null
  }
}

output host string = server.properties.fullyQualifiedDomainName
