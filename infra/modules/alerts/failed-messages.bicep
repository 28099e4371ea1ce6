// Tells of messages of queues that wait for an operator: those that Service Bus has set aside, and those that the app has
// parked in PostgreSQL. Both, since an empty dead-letter queue must not hide a full table. Repair: docs/queues.md.

param location string
param tags { *: string }
@minLength(13)
@maxLength(13)
param token string
param workspaceId string
@description('Of Service Bus.')
param namespaceName string

// By whom, and how, people are told is for the customer: neither rule has an action group.
resource deadLetters 'Microsoft.Insights/metricAlerts@2026-01-01' = {
  name: 'dead-letters-${token}'
  location: 'global'
  tags: tags
  properties: {
    description: 'Messages of a queue failed at every attempt, or their time was over: docs/queues.md, "Repair".'
    severity: 2
    enabled: true
    scopes: [resourceId('Microsoft.ServiceBus/namespaces', namespaceName)]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT15M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'dead letters'
          criterionType: 'StaticThresholdCriterion'
          metricNamespace: 'Microsoft.ServiceBus/namespaces'
          metricName: 'DeadletteredMessages'
          // A gauge: its sum would count a message once for each minute.
          timeAggregation: 'Maximum'
          operator: 'GreaterThan'
          threshold: 0
          dimensions: [{ name: 'EntityName', operator: 'Include', values: ['*'] }]
        }
      ]
    }
  }
}

resource parkedMessages 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = {
  name: 'parked-messages-${token}'
  location: location
  tags: tags
  properties: {
    displayName: 'Messages of queues are parked and wait for an operator'
    description: 'They could not be handled as they are: trickle queues list, and docs/queues.md, "Repair".'
    severity: 2
    enabled: true
    scopes: [workspaceId]
    evaluationFrequency: 'PT15M'
    // The timer parked-messages writes its line each quarter of an hour while any message waits, and logs come late.
    windowSize: 'PT30M'
    // The table is made by the first entry, which is later than this rule.
    skipQueryValidation: true
    autoMitigate: true
    criteria: {
      allOf: [
        {
          query: join(['AppTraces', '| where Message startswith "Parked messages: "'], '\n')
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
  }
}
