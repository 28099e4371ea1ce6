// One identity for each database login role and one for the platform's own access to the package. User-assigned, so that
// every right exists before the app starts, and stays when the app is deleted and made again.

param location string
param tags object
@minLength(13)
@maxLength(13)
param token string

resource app 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-app-${token}'
  location: location
  tags: tags
}

resource worker 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-worker-${token}'
  location: location
  tags: tags
}

resource forwarder 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-forwarder-${token}'
  location: location
  tags: tags
}

resource operator 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-operator-${token}'
  location: location
  tags: tags
}

resource deployment 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-deployment-${token}'
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
output deployment identity = {
  id: deployment.id
  clientId: deployment.properties.clientId
  principalId: deployment.properties.principalId
}
