// One storage account without keys, for one purpose of one app. The host's state and the deployed package are two
// accounts: the identity that keeps the host's state needs Owner on the whole account, which takes earlier versions away,
// too.
//
// What this does not do: the platform puts the package into its container as an identity of the app (a deployment on Flex
// Consumption has no other way), and code that runs in the app can use each identity of the app. So an app can replace its
// own package. It can not do so for the other app, nor unseen: each earlier package stays as a version, which the identity may
// not delete (it may delete the container, which comes back for a week), and the log of the account has every write.

import { endpointPlace } from 'network.bicep'

param location string
param tags { *: string }
@minLength(3)
@maxLength(24)
param name string
param sku string
param place endpointPlace
@description('Made here, so that nobody needs the right to make one; the host makes its own.')
param containers string[]
@description('Who works with the blobs: resource id, known before it is made, and object id.')
param userId string
param userPrincipalId string
@allowed(['Storage Blob Data Contributor', 'Storage Blob Data Owner'])
param role string
@description('Keeps what was overwritten.')
param keepsVersions bool = false
param workspaceId string

var roles = {
  'Storage Blob Data Contributor': 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  'Storage Blob Data Owner': 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
}

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: sku }
  properties: {
    // No key, no shared access signature: deployment scripts can not use this account, and nothing here does.
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: place.isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      defaultAction: place.isPrivate ? 'Deny' : 'Allow'
      bypass: 'None'
    }
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      // A package or a timer's state that was deleted by mistake can be taken back for a week; a container, too.
      deleteRetentionPolicy: { enabled: true, days: 7 }
      containerDeleteRetentionPolicy: { enabled: true, days: 7 }
      // A deployment overwrites one blob (released-package.zip), so an immutability policy would have to allow that; and an
      // account with one can not be deleted, which `azd down` must. Versions need neither: only Owner may delete them.
      isVersioningEnabled: keepsVersions
    }

    resource made 'containers' = [for container in containers: { name: container }]
  }
}

var roleId = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles[role])

resource mayUse 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, userId, roleId)
  scope: account
  properties: {
    roleDefinitionId: roleId
    principalId: userPrincipalId
    principalType: 'ServicePrincipal'
  }
}

// The rule asks for a version of 2016, which is older and knows less.
#disable-next-line use-recent-api-versions
resource toWorkspace 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: account::blobs
  properties: {
    workspaceId: workspaceId
    // Writes and deletes say who changed a package or a schedule. Reads are left out: the host polls all day.
    logs: [
      { category: 'StorageWrite', enabled: true }
      { category: 'StorageDelete', enabled: true }
    ]
  }
}

module endpoint 'private-endpoint.bicep' = if (place.isPrivate) {
  params: {
    name: 'pe-${name}'
    location: location
    tags: tags
    subnetId: place.subnetId
    targetId: account.id
    groupId: 'blob'
    zoneIds: place.zoneIds
  }
}

output id string = account.id
output name string = account.name
output blobEndpoint string = account.properties.primaryEndpoints.blob
