// Tells when code was put where an app's package lies, and not by the app's platform identity, as which every deployment
// writes. What it can not tell apart: code that runs in an app writes as the same identity. The versions of the package
// and the log have that, too.

import { packageAccountOf } from '../app-storage.bicep'

param location string
param tags { *: string }
@minLength(13)
@maxLength(13)
param token string
param workspaceId string
@description('Object id of the identity that may write the package of each app.')
param writers { public: string, background: string }

var accounts = { public: packageAccountOf('public', token), background: packageAccountOf('background', token) }

resource foreignWrites 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = {
  name: 'package-writes-${token}'
  location: location
  tags: tags
  properties: {
    displayName: 'A package was written by somebody else than a deployment'
    description: 'Compare the package with its earlier version and with what was built: docs/azure/rotation.md, "The deployed package".'
    severity: 1
    enabled: true
    scopes: [workspaceId]
    evaluationFrequency: 'PT15M'
    // Logs of storage come some minutes late.
    windowSize: 'PT30M'
    // The table is made by the first entry, which is later than this rule.
    skipQueryValidation: true
    autoMitigate: false
    criteria: {
      allOf: [
        {
          query: join(
            [
              'StorageBlobLogs'
              '| where AccountName in ("${accounts.public}", "${accounts.background}")'
              '| where Category in ("StorageWrite", "StorageDelete") and StatusCode startswith "2"'
              '| where not(AccountName == "${accounts.public}" and RequesterObjectId == "${writers.public}")'
              '| where not(AccountName == "${accounts.background}" and RequesterObjectId == "${writers.background}")'
            ],
            '\n'
          )
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          dimensions: [
            { name: 'AccountName', operator: 'Include', values: ['*'] }
            { name: 'RequesterObjectId', operator: 'Include', values: ['*'] }
          ]
        }
      ]
    }
  }
}
