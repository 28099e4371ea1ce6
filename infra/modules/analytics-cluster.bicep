// A Data Explorer cluster of our own; only made when `analytics` is new. It takes 10 to 20 minutes.

import { endpointPlace } from 'network.bicep'
import { analyticsRules } from 'size-types.bicep'

param location string
param tags { *: string }
param name string
@description('sizes.json, the part `analytics`.')
param rules analyticsRules
param place endpointPlace
param workspaceId string

resource cluster 'Microsoft.Kusto/clusters@2025-02-14' = {
  name: name
  location: location
  tags: tags
  sku: {
    name: rules.skuName
    tier: rules.tier
    capacity: rules.capacity
  }
  properties: {
    // A cluster that has stopped by itself refuses what is sent; the forwarder keeps the batch and catches up later.
    // The sizes let no Standard cluster stop by itself: a start takes minutes, and somebody pays for the cluster so
    // that it is always there.
    enableAutoStop: rules.autoStop
    enableDiskEncryption: true
    // Ingestion is queued, by blobs: streaming would reserve resources that nothing uses.
    enableStreamingIngest: false
    // Personal data must be erasable.
    enablePurge: true
    publicNetworkAccess: place.isPrivate ? 'Disabled' : 'Enabled'
  }
}

// The rule asks for a version of 2016, which is older and knows less.
#disable-next-line use-recent-api-versions
resource toWorkspace 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: cluster
  properties: {
    workspaceId: workspaceId
    // Logs what could not be ingested, and who changed or erased something. Successes and queries are left out: both
    // grow with the traffic, and the forwarder knows by batch id what has arrived.
    logs: [
      { category: 'FailedIngestion', enabled: true }
      { category: 'Command', enabled: true }
      { category: 'Journal', enabled: true }
    ]
  }
}

module endpoint 'private-endpoint.bicep' = if (place.isPrivate) {
  params: {
    name: 'pe-${name}'
    location: location
    tags: tags
    subnetId: place.subnetId
    targetId: cluster.id
    groupId: 'cluster'
    zoneIds: place.zoneIds
  }
}

output id string = cluster.id
output uri string = cluster.properties.uri
