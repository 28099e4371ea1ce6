// Logs of one server, chosen by category. "allLogs" would add snapshots of the sessions and of Query Store, which hold
// texts of statements, and which nobody here reads. Metrics are not copied: the platform keeps them for 93 days at no cost.

import { rulesType } from 'types.bicep'

param serverName string
param rules rulesType
param logAnalyticsId string

// The server's own log (slow statements, lock waits, autovacuum, errors); sizes and bloat of tables; transaction ids
// left before wraparound; and PgBouncer's log where there is one.
var categories = concat(
  ['PostgreSQLLogs', 'PostgreSQLFlexTableStats', 'PostgreSQLFlexDatabaseXacts'],
  rules.pgbouncer ? ['PostgreSQLFlexPGBouncer'] : []
)

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' existing = {
  name: serverName
}

// The rule asks for a version of 2016, which is older and knows less.
#disable-next-line use-recent-api-versions
resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: server
  name: 'log-analytics'
  properties: {
    workspaceId: logAnalyticsId
    // A table for each category; without this all of them end in the one wide AzureDiagnostics.
    logAnalyticsDestinationType: 'Dedicated'
    logs: [for category in categories: { category: category, enabled: true }]
  }
}
