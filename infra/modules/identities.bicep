// One identity for each database login role, and one for each app that the platform uses: it keeps the host's state, takes
// the deployed package and sends telemetry, and opens no data. User-assigned, so that every right exists before an app
// starts, and stays when the app is deleted and made again.

// Names, and so ids, are made from the token alone: rights are named by them, and a preview knows both before anything is
// made.
func nameOf(role string, token string) string => 'id-${role}-${token}'

@export()
@description('Resource id of an identity, in the resource group of the deployment that asks.')
func identityIdOf(role string, token string) string =>
  resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', nameOf(role, token))

param location string
param tags { *: string }
@minLength(13)
@maxLength(13)
param token string

resource app 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: nameOf('app', token)
  location: location
  tags: tags
}

resource worker 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: nameOf('worker', token)
  location: location
  tags: tags
}

resource forwarder 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: nameOf('forwarder', token)
  location: location
  tags: tags
}

resource operator 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: nameOf('operator', token)
  location: location
  tags: tags
}

// An identity of its own for each app: what one may write, the other must not run.
resource publicPlatform 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: nameOf('platform-public', token)
  location: location
  tags: tags
}

resource backgroundPlatform 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: nameOf('platform-background', token)
  location: location
  tags: tags
}

@export()
type identity = {
  @description('Resource id.')
  id: string
  @description('Application id: what a token request names.')
  clientId: string
  @description('Object id: what rights and database roles are given to.')
  principalId: string
}

output app identity = {
  id: app.id
  clientId: app.properties.clientId
  principalId: app.properties.principalId
}
output worker identity = {
  id: worker.id
  clientId: worker.properties.clientId
  principalId: worker.properties.principalId
}
output forwarder identity = {
  id: forwarder.id
  clientId: forwarder.properties.clientId
  principalId: forwarder.properties.principalId
}
output operator identity = {
  id: operator.id
  clientId: operator.properties.clientId
  principalId: operator.properties.principalId
}
output publicPlatform identity = {
  id: publicPlatform.id
  clientId: publicPlatform.properties.clientId
  principalId: publicPlatform.properties.principalId
}
output backgroundPlatform identity = {
  id: backgroundPlatform.id
  clientId: backgroundPlatform.properties.clientId
  principalId: backgroundPlatform.properties.principalId
}
