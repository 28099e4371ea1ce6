// The two storage accounts of one app, each open to the app's platform identity alone. An account that both apps wrote to
// would lead from one to the other: the host keeps its keys there, and runs the package that lies there.

import { endpointPlace } from 'network.bicep'

param location string
param tags { *: string }
@minLength(13)
@maxLength(13)
param token string
param side 'public' | 'background'
param sku string
param place endpointPlace
@description('The platform identity of the app: resource id, known before it is made, and object id.')
param platformId string
param platformPrincipalId string
param workspaceId string

// An account has at most 24 letters and digits.
func accountOf(purpose string, side string, token string) string =>
  'st${purpose}${side == 'public' ? 'pub' : 'back'}${token}'
var packageContainer = 'app-package'

@export()
@description('Name of the account that holds the package of an app.')
func packageAccountOf(side 'public' | 'background', token string) string => accountOf('code', side, token)

module host 'storage.bicep' = {
  params: {
    location: location
    tags: tags
    name: accountOf('host', side, token)
    sku: sku
    place: place
    containers: []
    userId: platformId
    userPrincipalId: platformPrincipalId
    // Owner, because the platform documents it as the least right for a host's own storage. So this is an account of
    // its own.
    role: 'Storage Blob Data Owner'
    workspaceId: workspaceId
  }
}

module code 'storage.bicep' = {
  params: {
    location: location
    tags: tags
    name: packageAccountOf(side, token)
    sku: sku
    place: place
    containers: [packageContainer]
    keepsVersions: true
    userId: platformId
    userPrincipalId: platformPrincipalId
    role: 'Storage Blob Data Contributor'
    workspaceId: workspaceId
  }
}

@export()
type appStorage = {
  @description('Where the host keeps its state.')
  hostBlobEndpoint: string
  @description('The container of the deployed package.')
  packageUrl: string
}

output storage appStorage = {
  hostBlobEndpoint: host.outputs.blobEndpoint
  packageUrl: '${code.outputs.blobEndpoint}${packageContainer}'
}
