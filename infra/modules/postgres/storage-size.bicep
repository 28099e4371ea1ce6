// The storage that a server must be asked for: what its size says, or what it has grown to.
//
// Storage grows by itself (autoGrow) and never shrinks. A template that repeats the first size is refused from the day
// the disk has grown ("storage can't be reduced"), so every later provision would fail. Hence the size is looked up.
// A module of its own, because one deployment may not both read and declare the same resource.

param serverName string
@description('GiB the size asks for; of a replica, what its primary has.')
param leastGb int

@nullIfNotFound()
resource current 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' existing = {
  name: serverName
}

output storageGb int = max(leastGb, current.?properties.?storage.?storageSizeGB ?? 0)
