// The namespace, the queues and the topics of service-bus/queues.json, which is also the source of the official emulator's file. Each
// right is given on one of them, to send or to receive, never on the namespace. Who receives from a topic has a subscription of its own,
// and its right is given by its owner.

import { endpointPlace } from 'network.bicep'

param location string
param tags { *: string }
@minLength(13)
@maxLength(13)
param token string
@allowed(['Standard', 'Premium'])
param tier string
@description('Messaging units of a Premium namespace; a Standard one has none.')
param capacity int
param place endpointPlace
@description('Resource ids of the identities, by the names that queues.json uses for them.')
param identityIds { app: string, worker: string, forwarder: string, operator: string }
@description('Their object ids.')
param principalIds { app: string, worker: string, forwarder: string, operator: string }
param workspaceId string

var queues = items(loadJsonContent('../service-bus/queues.json', 'queues'))

resource namespace 'Microsoft.ServiceBus/namespaces@2026-01-01' = {
  name: 'sb-${token}'
  location: location
  tags: tags
  // Standard, not Basic: Basic has no sessions and removes no duplicates. Premium where the network is private.
  sku: tier == 'Premium' ? { name: tier, tier: tier, capacity: capacity } : { name: tier, tier: tier }
  properties: {
    // No connection string works, not even the root one; the trigger and its scale controller use the identity.
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: place.isPrivate ? 'Disabled' : 'Enabled'
  }
}

// One after the other: queues that are made at once make the namespace answer 409.
@batchSize(1)
resource made 'Microsoft.ServiceBus/namespaces/queues@2026-01-01' = [
  for queue in queues: {
    parent: namespace
    name: queue.key
    properties: {
      lockDuration: queue.value.lockDuration
      maxDeliveryCount: queue.value.maxDeliveryCount
      defaultMessageTimeToLive: queue.value.defaultMessageTimeToLive
      deadLetteringOnMessageExpiration: queue.value.deadLetteringOnMessageExpiration
      // Fixed when the queue is made, like requiresSession: to change one, drain the queue, delete it, provision again.
      requiresDuplicateDetection: queue.value.requiresDuplicateDetection
      duplicateDetectionHistoryTimeWindow: queue.value.duplicateDetectionHistoryTimeWindow
      requiresSession: queue.value.requiresSession
    }
  }
]

var topics = items(loadJsonContent('../service-bus/queues.json', 'topics'))

@batchSize(1)
resource madeTopics 'Microsoft.ServiceBus/namespaces/topics@2026-01-01' = [
  for topic in topics: {
    parent: namespace
    name: topic.key
    properties: { defaultMessageTimeToLive: topic.value.defaultMessageTimeToLive }
    dependsOn: [made]
  }
]

// Each with its topic's place in `topics`.
var topicSubscriptions = flatten(map(
  range(0, length(topics)),
  i => map(items(topics[i].value.subscriptions), s => { topic: i, name: s.key, settings: s.value })
))

@batchSize(1)
resource madeSubscriptions 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2026-01-01' = [
  for subscription in topicSubscriptions: {
    parent: madeTopics[subscription.topic]
    name: subscription.name
    properties: {
      lockDuration: subscription.settings.lockDuration
      maxDeliveryCount: subscription.settings.maxDeliveryCount
      defaultMessageTimeToLive: subscription.settings.defaultMessageTimeToLive
      deadLetteringOnMessageExpiration: subscription.settings.deadLetteringOnMessageExpiration
      requiresSession: subscription.settings.requiresSession
    }
  }
]

var dataSender = '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39'
var dataReceiver = '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0'

// A flat list of who may do what with which queue; the queue is named by its place in `queues`. Operators mend what failed
// in any queue: they send it again, and take it out of the dead-letter queue.
var sendRights = flatten(map(
  range(0, length(queues)),
  i => map(union(queues[i].value.sender, ['operator']), who => { queue: i, who: who, role: dataSender })
))
// The login of tenants, which stands on the public app, is no receiver: that app can only send.
var receiveRights = flatten(map(
  range(0, length(queues)),
  i => map(union(queues[i].value.receiver, ['operator']), who => { queue: i, who: who, role: dataReceiver })
))
var rights = concat(sendRights, receiveRights)

resource may 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for right in rights: {
    name: guid(made[right.queue].id, identityIds[right.who], right.role)
    scope: made[right.queue]
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', right.role)
      principalId: principalIds[right.who]
      principalType: 'ServicePrincipal'
    }
  }
]

var topicRights = flatten(map(
  range(0, length(topics)),
  i => map(topics[i].value.sender, who => { topic: i, who: who })
))

resource maySendTo 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for right in topicRights: {
    name: guid(madeTopics[right.topic].id, identityIds[right.who], dataSender)
    scope: madeTopics[right.topic]
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', dataSender)
      principalId: principalIds[right.who]
      principalType: 'ServicePrincipal'
    }
  }
]

// The rule asks for a version of 2016, which is older and knows less.
#disable-next-line use-recent-api-versions
resource toWorkspace 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: namespace
  properties: {
    workspaceId: workspaceId
    // What was made, changed or deleted in the namespace. Each message's own log (RuntimeAuditLogs) is left out: it is
    // Premium's only and grows with the traffic.
    logs: [{ category: 'OperationalLogs', enabled: true }]
  }
}

module endpoint 'private-endpoint.bicep' = if (place.isPrivate) {
  params: {
    name: 'pe-sb-${token}'
    location: location
    tags: tags
    subnetId: place.subnetId
    targetId: namespace.id
    groupId: 'namespace'
    zoneIds: place.zoneIds
  }
}

output id string = namespace.id
output name string = namespace.name
// The endpoint is https://<name>.servicebus.windows.net:443/ and differs between clouds, so it is not written here.
output fullyQualifiedNamespace string = split(split(namespace.properties.serviceBusEndpoint, '//')[1], ':')[0]
