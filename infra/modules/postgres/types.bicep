// Shapes that the modules of the PostgreSQL family hand to one another.

@description('The `postgres` part of a size in infra/sizes.json.')
@export()
type rulesType = {
  skuName: string
  tier: 'Burstable' | 'GeneralPurpose' | 'MemoryOptimized'
  storageGb: int
  autoGrow: bool
  backupDays: int
  highAvailability: 'Disabled' | 'SameZone' | 'ZoneRedundant'
  pgbouncer: bool
  @description('Server connections of PgBouncer for each pair of login role and database.')
  poolSize: int
  maxClientConnections: int
  maxPreparedStatements: int
  @description('Server parameters by name, for the primary and, where replicaConfigurations says nothing else, its replicas.')
  configurations: { *: string }
  @description('What a replica has otherwise, by its purpose.')
  replicaConfigurations: {
    reads: { *: string }
    analytics: { *: string }
  }
}

@description('Somebody who administers the server with Entra ID. objectId is the OBJECT id, never a client id: the provider takes either and only the former can log in.')
@export()
@sealed()
type administratorType = {
  objectId: string
  @description('Becomes the name of the database role to log in with.')
  name: string
  type: 'User' | 'Group' | 'ServicePrincipal'
}

@description('Sealed: a misspelt member (region for location) would be ignored, and the replica made elsewhere.')
@export()
@sealed()
type replicaType = {
  name: string
  @description('Region; the primary\'s where absent or empty.')
  location: string?
  purpose: 'reads' | 'analytics'
}

@export()
type replicaHostType = {
  @description('Of the server.')
  name: string
  host: string
  purpose: 'reads' | 'analytics'
}

@description('The key that encrypts a server, and the identity that may use it.')
@export()
type encryptionType = {
  @description('Without a version, so that the server follows the key\'s rotation by itself.')
  keyUri: string
  identityId: string
}

@description('What a server is for. A replica\'s settings differ by it.')
@export()
type purposeType = 'primary' | 'reads' | 'analytics'
