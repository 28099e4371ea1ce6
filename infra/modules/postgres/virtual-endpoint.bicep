// Two host names that follow the roles: writer leads to the primary, reader to one replica, also after a switchover.
// There is one pair for each primary, over the primary and one replica; a second replica is refused.

param primaryName string
param primaryHost string
param replicaName string
param endpointName string

resource primary 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' existing = {
  name: primaryName
}

// Made once and left alone: after a switchover the platform itself has turned the pair around, and a template that
// named the first replica again would fight that. Another replica is chosen with `az postgres flexible-server
// virtual-endpoint update`.
@onlyIfNotExists()
@retryOn(['ServerIsBusy', 'ServerBusy', 'Conflict', 'AadAuthOperationCannotBePerformedWhenServerIsNotAccessible'], 6)
resource endpoint 'Microsoft.DBforPostgreSQL/flexibleServers/virtualendpoints@2025-08-01' = {
  parent: primary
  name: endpointName
  properties: {
    endpointType: 'ReadWrite'
    // Names of servers, not resource ids.
    members: [replicaName]
  }
}

// From the server's own host name, so that the domain is right in every cloud.
output writerHost string = replace(primaryHost, '${primaryName}.', '${endpoint.name}.writer.')
output readerHost string = replace(primaryHost, '${primaryName}.', '${endpoint.name}.reader.')
