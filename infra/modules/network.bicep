// The private network: one subnet the app goes out through, one for the private endpoints, and the DNS zones that turn
// public host names into private addresses. Only made when `network` is private.

@export()
@description('Where a service gets its private endpoint, if it gets one.')
type endpointPlace = {
  isPrivate: bool
  @description('Empty where the network is public.')
  subnetId: string
  @description('DNS zones that get the addresses; most services have one, Data Explorer four.')
  zoneIds: string[]
}

param location string
param tags object
@minLength(13)
@maxLength(13)
param token string
@description('DNS zones of the services that get a private endpoint here.')
param zoneNames string[]

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: 'vnet-${token}'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: ['10.60.0.0/16'] }
    // Subnets are written inside the network: as resources of their own, a second provision of the network would take
    // away those it does not list.
    subnets: [
      {
        // No underscore: Flex Consumption refuses such a name.
        name: 'app'
        properties: {
          // Flex Consumption takes one address for each instance; its smallest is /27, /24 leaves room for the largest size.
          addressPrefix: '10.60.0.0/24'
          // The app still calls out: Entra ID, the token issuer, Application Insights. New networks are made without a way
          // out by default; for a fixed address put a NAT gateway here.
          defaultOutboundAccess: true
          // Microsoft.App, not Microsoft.Web/serverFarms as for the older plans: that one fails with
          // SubnetMissingRequiredDelegation. The provider Microsoft.App must be registered in the subscription.
          delegations: [{ name: 'flex', properties: { serviceName: 'Microsoft.App/environments' } }]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: '10.60.1.0/24'
          // Nothing in this subnet calls out.
          defaultOutboundAccess: false
          privateEndpointNetworkPolicies: 'Enabled'
        }
      }
    ]
  }

  resource app 'subnets' existing = { name: 'app' }
  resource endpoints 'subnets' existing = { name: 'endpoints' }
}

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for name in zoneNames: {
    name: name
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (name, i) in zoneNames: {
    parent: zones[i]
    name: network.name
    location: 'global'
    tags: tags
    properties: {
      virtualNetwork: { id: network.id }
      registrationEnabled: false
    }
  }
]

output appSubnetId string = network::app.id
output endpointSubnetId string = network::endpoints.id
// A module that takes an output waits for the whole module, so for the links too. If a name was looked up before its
// zone is linked, its public address would be remembered.
@description('Resource ids of the zones, in the order of `zoneNames`.')
output zoneIds string[] = [for (name, i) in zoneNames: zones[i].id]
