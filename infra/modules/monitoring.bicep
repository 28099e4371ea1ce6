// Where everything logs to: one workspace, one Application Insights component on it.

import { monitoringRules } from 'size-types.bicep'

param location string
param tags { *: string }
@minLength(13)
@maxLength(13)
param token string
@description('sizes.json, the part `monitoring`.')
param rules monitoringRules
@description('Who may send telemetry: resource ids, known before they are made.')
param publisherIds { public: string, background: string }
@description('Their object ids.')
param publisherPrincipalIds { public: string, background: string }

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = {
  name: 'log-${token}'
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: rules.retentionDays
    // A loop that logs must not cost more than the servers do; over the quota logs are dropped until the next day. -1: none.
    workspaceCapping: { dailyQuotaGb: rules.dailyQuotaGb }
    features: { disableLocalAuth: true }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-${token}'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    // The connection string alone then gives no access; the app also sends a token of its identity.
    DisableLocalAuth: true
  }
}

var monitoringMetricsPublisher = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '3913510d-42f4-4e42-8a64-420c390055eb'
)

resource mayPublish 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for side in ['public', 'background']: {
    name: guid(insights.id, publisherIds[side], monitoringMetricsPublisher)
    scope: insights
    properties: {
      roleDefinitionId: monitoringMetricsPublisher
      principalId: publisherPrincipalIds[side]
      // Without it a principal that is seconds old is "not found" while the directory replicates.
      principalType: 'ServicePrincipal'
    }
  }
]

output workspaceId string = workspace.id
output connectionString string = insights.properties.ConnectionString
