// One private endpoint with its DNS entries. The resource it leads to may lie in another region; the endpoint lies in the
// network's.

param name string
param location string
param tags { *: string }
param subnetId string
@description('Resource id of the service.')
param targetId string
@description('Which part of the service: blob, namespace, cluster, redisEnterprise, ...')
param groupId string
@description('DNS zones that get the addresses; most services have one, Data Explorer four.')
param zoneIds string[]

// Endpoints of one subnet are made at the same time, and the network answers some of them with "another operation".
@retryOn(['AnotherOperationInProgress', 'RetryableError'], 4)
resource endpoint 'Microsoft.Network/privateEndpoints@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      {
        name: name
        properties: {
          privateLinkServiceId: targetId
          groupIds: [groupId]
        }
      }
    ]
  }
}

resource names 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-05-01' = {
  parent: endpoint
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      for zoneId in zoneIds: {
        name: replace(last(split(zoneId, '/')), '.', '-')
        properties: { privateDnsZoneId: zoneId }
      }
    ]
  }
}

output id string = endpoint.id
