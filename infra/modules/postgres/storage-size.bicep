// The storage that a server must be asked for: what its size says, or what it has grown to.
//
// Storage grows by itself (autoGrow) and never shrinks. From the day the disk has grown, a template that repeats the
// first size fails at every provision (UpsertServerManagementOperationDowngradeDiskSizeUnsupported, "Requested data
// Disk size '32768' cannot be less than current size '65536'"). So the size is looked up. This is a module of its own,
// because one deployment may not both read and declare a resource, and because compilers up to 0.46 give a file with
// @nullIfNotFound an experimental language version, which nothing else here should have.

param serverName string
@description('GiB the size asks for; of a replica, what its primary has.')
param leastGb int

@nullIfNotFound()
resource current 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' existing = {
  name: serverName
}

output storageGb int = max(leastGb, current.?properties.?storage.?storageSizeGB ?? 0)
