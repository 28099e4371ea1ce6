// Brings an existing replica to what the template says: size, maintenance, login. A deployment of its own after
// replica-create.bicep: one template may not declare a resource twice, and the maintenance window can not be given while
// the replica is being made.

import { encryptionType, rulesType } from 'types.bicep'

param name string
param location string
param tags { *: string }
param rules rulesType
@description('GiB: at least what the primary has, from storage-size.bicep.')
param storageGb int
@description('As the primary has it: where its storage grows by itself, a replica\'s must.')
param autoGrow bool
param isPrivate bool
param encryption encryptionType?

@retryOn(['ServerIsBusy', 'ServerBusy', 'Conflict', 'AadAuthOperationCannotBePerformedWhenServerIsNotAccessible'], 6)
resource replica 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' = {
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
    createMode: 'Update'
    storage: {
      storageSizeGB: storageGb
      autoGrow: autoGrow ? 'Enabled' : 'Disabled'
    }
    // Each server has login settings of its own, and a promoted replica keeps those that it has.
    authConfig: {
      activeDirectoryAuth: 'Enabled'
      passwordAuth: 'Disabled'
      tenantId: tenant().tenantId
    }
    network: {
      publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    }
    // Saturday 02:00, a day before the primary.
    maintenanceWindow: {
      customWindow: 'Enabled'
      dayOfWeek: 6
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
  }
}

output host string = replica.properties.fullyQualifiedDomainName
