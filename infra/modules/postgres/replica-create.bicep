// Makes a read replica, once. A second write with createMode Replica fails ("a server with that name already exists"), so
// that a plain template can be provisioned only one time; what changes later is in replica-update.bicep.

import { encryptionType, rulesType } from 'types.bicep'

@minLength(3)
@maxLength(63)
param name string
param location string
param tags { *: string }
param primaryId string
param rules rulesType
@description('GiB: at least what the primary has.')
param storageGb int
@description('As the primary has it: where its storage grows by itself, a replica\'s must.')
param autoGrow bool
param isPrivate bool
param encryption encryptionType?

// While a replica is made, the primary is "updating" and takes no other change. So replicas are made after everything
// else, and one at a time. In another region this takes from minutes to hours, by the size of the data.
@onlyIfNotExists()
@retryOn(['ServerIsBusy', 'ServerBusy', 'Conflict', 'AadAuthOperationCannotBePerformedWhenServerIsNotAccessible'], 6)
resource replica 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' = {
  name: name
  location: location
  tags: tags
  // The primary's compute and storage: a switchover needs equal servers, and a smaller replica is refused.
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
    createMode: 'Replica'
    sourceServerResourceId: primaryId
    storage: {
      storageSizeGB: storageGb
      autoGrow: autoGrow ? 'Enabled' : 'Disabled'
    }
    // Set when the replica is made: without this setting it is public.
    network: {
      publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    }
    // No backup and no highAvailability: a replica has neither, and naming them is refused.
    dataEncryption: encryption == null
      ? null
      : {
          type: 'AzureKeyVault'
          primaryKeyURI: encryption!.keyUri
          primaryUserAssignedIdentityId: encryption!.identityId
        }
  }
}
