// The database, its tables and who may write to it, in the new cluster or in one that exists already. In an existing
// one the deployer needs Contributor on the cluster and Admin on its databases: only the maker of a cluster has both
// already.

import { analyticsRules } from 'size-types.bicep'

@description('Must be the cluster\'s region.')
param location string
param clusterName string
param databaseName string
@description('sizes.json, the part `analytics`.')
param rules analyticsRules
@description('Who sends events: resource id, known before it is made, and application id.')
param forwarderId string
param forwarderClientId string

resource cluster 'Microsoft.Kusto/clusters@2025-02-14' existing = {
  name: clusterName
}

resource database 'Microsoft.Kusto/clusters/databases@2025-02-14' = {
  parent: cluster
  name: databaseName
  location: location
  kind: 'ReadWrite'
  properties: {
    hotCachePeriod: 'P${rules.hotCacheDays}D'
    softDeletePeriod: 'P${rules.softDeleteDays}D'
  }
}

// Runs again when the file changes, so every command of it may run twice. Two scripts at once end in
// ServiceIsInMaintenance: the next file gets a resource that waits for this one.
resource events 'Microsoft.Kusto/clusters/databases/scripts@2025-02-14' = {
  parent: database
  name: 'events-010'
  properties: {
    // A script is a secure input, since it may hold keys. This one is in the repository and holds none.
    #disable-next-line use-secure-value-for-secure-inputs
    scriptContent: loadTextContent('../kql/010-events.kql')
    continueOnErrors: false
    scriptLevel: 'Database'
  }
}

// The role Ingestor may send, and read the addresses of the ingestion queues; it may read no data and change no table.
// Principals of Data Explorer are named by application id. Whether an object id would work as well is not tested.
resource maySend 'Microsoft.Kusto/clusters/databases/principalAssignments@2025-02-14' = {
  parent: database
  name: guid(database.id, forwarderId, 'Ingestor')
  properties: {
    principalId: forwarderClientId
    principalType: 'App'
    role: 'Ingestor'
    tenantId: tenant().tenantId
  }
  // A database that runs a script refuses other changes.
  dependsOn: [events]
}

output name string = database.name
