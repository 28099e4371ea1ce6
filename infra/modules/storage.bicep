// One storage account without keys, for one purpose and its identities. The host's state and the deployed package are
// two accounts: the identity that keeps the host's state needs rights on the whole account, and the app must not be
// able to rewrite the code it runs.

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
      // A package or a timer's state that was deleted by mistake can be taken back for a week.
      deleteRetentionPolicy: { enabled: true, days: 7 }
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
