// Data Explorer: off, a new cluster, or one that exists. Every event is forwarded there; the app works without it, and
// catches up after an outage.

import { endpointPlace } from 'network.bicep'
import { analyticsRules } from 'size-types.bicep'

param location string
param tags { *: string }
@minLength(13)
@maxLength(13)
param token string
@allowed(['off', 'new', 'existing'])
param mode string
@description('sizes.json, the part `analytics`.')
param rules analyticsRules
param databaseName string
@description('Url of a cluster that exists; empty otherwise.')
param existingUri string
@description('Resource id of a cluster that exists and may be changed by the deployer; empty otherwise.')
param existingId string
@description('Who sends events: resource id, known before it is made, and application id.')
param forwarderId string
param forwarderClientId string
param place endpointPlace
param workspaceId string

// Letters and digits only, 22 at most.
var newName = 'adx${token}'

module cluster 'analytics-cluster.bicep' = if (mode == 'new') {
  params: {
    location: location
    tags: tags
    name: newName
    rules: rules
    place: place
    workspaceId: workspaceId
  }
}

module newDatabase 'analytics-database.bicep' = if (mode == 'new') {
  params: {
    location: location
    clusterName: newName
    databaseName: databaseName
    rules: rules
    forwarderId: forwarderId
    forwarderClientId: forwarderClientId
  }
  dependsOn: [cluster]
}

// The parts of the id and the url of a cluster that exists. A scope is evaluated even where the condition is false, and
// an empty text has no fifth part. So an empty text is replaced by a stand-in, which is never used.
var idParts = split(
  empty(existingId)
    ? '/subscriptions/${subscription().subscriptionId}/resourceGroups/none/providers/Microsoft.Kusto/clusters/none'
    : existingId,
  '/'
)
var hostParts = split(split(empty(existingUri) ? 'https://none.none' : existingUri, '//')[1], '.')

module existingDatabase 'analytics-database.bicep' = if (mode == 'existing' && !empty(existingId)) {
  scope: resourceGroup(idParts[2], idParts[4])
  params: {
    // A database must be in the region of its cluster. Before the deployment runs, only the url says which one that is.
    location: hostParts[1]
    clusterName: idParts[8]
    databaseName: databaseName
    rules: rules
    forwarderId: forwarderId
    forwarderClientId: forwarderClientId
  }
}

output uri string = mode == 'new' ? cluster!.outputs.uri : existingUri
