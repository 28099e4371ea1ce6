// The application's database on a plain server. An elastic cluster brings its own (server.bicep).

param serverName string
param database string

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' existing = {
  name: serverName
}

// Charset and collation are what the platform would choose, written down because they can not be changed afterwards.
// The columns of the log compare text with collation "C", so the database's own collation affects nothing stored.
@retryOn(['ServerIsBusy', 'ServerBusy', 'Conflict', 'AadAuthOperationCannotBePerformedWhenServerIsNotAccessible'], 6)
resource application 'Microsoft.DBforPostgreSQL/flexibleServers/databases@2025-08-01' = {
  parent: server
  name: database
  properties: {
    charset: 'UTF8'
    collation: 'en_US.utf8'
  }
}
