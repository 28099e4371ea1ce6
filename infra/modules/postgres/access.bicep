// Who reaches a server and who administers it, for the primary and for each replica. A replica inherits the rules that
// its primary has when the replica is made, and no later ones. So it gets them here like any other server.

import { administratorType } from 'types.bicep'

param serverName string
param isPrivate bool
@description('The account that deploys.')
param deployer administratorType
@description('Others; the deployer may be among them.')
param administrators administratorType[]

// The provider does not see that two entries name one principal, and hangs when their names differ. So an object id is
// written once, with the name that comes first. The deployer has a resource of its own: only Azure knows who it is, and a
// preview would leave out a list whose length it can not tell.
var single = reduce(
  administrators,
  [],
  (kept, next) =>
    contains(map(kept, one => toLower(one.objectId)), toLower(next.objectId)) ? kept : concat(kept, [next])
)

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' existing = {
  name: serverName
}

// Flex Consumption has no fixed addresses, so without a private network the functions can be let in only as "anything in
// Azure" (0.0.0.0). That is wide, so passwords are off and TLS is required; a private network has no rule at all.
@retryOn(['ServerIsBusy', 'ServerBusy', 'Conflict', 'AadAuthOperationCannotBePerformedWhenServerIsNotAccessible'], 6)
resource azureServices 'Microsoft.DBforPostgreSQL/flexibleServers/firewallRules@2025-08-01' = if (!isPrivate) {
  parent: server
  name: 'AllowAllAzureServicesAndResourcesWithinAzureIps'
  properties: {
    startIpAddress: '0.0.0.0'
    endIpAddress: '0.0.0.0'
  }
}

@retryOn(['ServerIsBusy', 'ServerBusy', 'Conflict', 'AadAuthOperationCannotBePerformedWhenServerIsNotAccessible'], 6)
resource deploying 'Microsoft.DBforPostgreSQL/flexibleServers/administrators@2025-08-01' = {
  parent: server
  name: deployer.objectId
  properties: {
    principalName: deployer.name
    principalType: deployer.type
    tenantId: tenant().tenantId
  }
  dependsOn: [azureServices]
}

// One at a time: the server takes one change at a time and answers a second one with 409. Removing an entry from the
// list does not remove the administrator from the server (Azure deletes nothing that a template stops naming).
@batchSize(1)
@retryOn(['ServerIsBusy', 'ServerBusy', 'Conflict', 'AadAuthOperationCannotBePerformedWhenServerIsNotAccessible'], 6)
resource entra 'Microsoft.DBforPostgreSQL/flexibleServers/administrators@2025-08-01' = [
  for administrator in single: if (toLower(administrator.objectId) != toLower(deployer.objectId)) {
    parent: server
    name: administrator.objectId
    properties: {
      principalName: administrator.name
      principalType: administrator.type
      tenantId: tenant().tenantId
    }
    dependsOn: [deploying]
  }
]
