// The private network: a subnet that each app goes out through, one for the private endpoints, and the DNS zones that turn
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

@export()
@description('DNS zones by the service whose addresses they hold. Names of the public cloud, written here and not made with environment(): a preview would not know them, and leave the whole network out.')
var zoneNamesOf = {
  postgres: 'privatelink.postgres.database.azure.com'
  serviceBus: 'privatelink.servicebus.windows.net'
  redis: 'privatelink.redis.azure.net'
  #disable-next-line no-hardcoded-env-urls
  blob: 'privatelink.blob.core.windows.net'
  #disable-next-line no-hardcoded-env-urls
  queue: 'privatelink.queue.core.windows.net'
  #disable-next-line no-hardcoded-env-urls
  table: 'privatelink.table.core.windows.net'
}

func subnetIdOf(networkName string, subnetName string) string =>
  resourceId('Microsoft.Network/virtualNetworks/subnets', networkName, subnetName)

@export()
@description('The subnet that an app goes out through.')
func appSubnetIdOf(networkName string, side 'public' | 'background') string => subnetIdOf(networkName, 'app-${side}')

@export()
@description('Where a service gets its private endpoint. Made of names, so that a preview knows it: a module that takes it must wait for the network by dependsOn.')
func placeOf(isPrivate bool, networkName string, zoneNames string[]) endpointPlace => {
  isPrivate: isPrivate
  subnetId: isPrivate ? subnetIdOf(networkName, 'endpoints') : ''
  zoneIds: isPrivate ? map(zoneNames, zone => resourceId('Microsoft.Network/privateDnsZones', zone)) : []
}

type subnetType = {
  name: string
  properties: {
    addressPrefix: string
    defaultOutboundAccess: bool
    delegations: { name: string, properties: { serviceName: string } }[]
  }
}

func appSubnet(side string, addresses string) subnetType => {
  // No underscore: Flex Consumption refuses such a name.
  name: 'app-${side}'
  properties: {
    // Flex Consumption takes one address for each instance; its smallest is /27, /24 leaves room for the largest size.
    addressPrefix: addresses
    // The app still calls out: Entra ID, the token issuer, Application Insights. New networks are made without a way out by
    // default; for a fixed address put a NAT gateway here.
    defaultOutboundAccess: true
    // Microsoft.App, not Microsoft.Web/serverFarms as for the older plans: that one fails with
    // SubnetMissingRequiredDelegation. The provider Microsoft.App must be registered in the subscription.
    delegations: [{ name: 'flex', properties: { serviceName: 'Microsoft.App/environments' } }]
  }
}

param name string
param location string
param tags { *: string }
@description('DNS zones of the services that get a private endpoint here.')
param zoneNames string[]

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: ['10.60.0.0/16'] }
    // Subnets are written inside the network: as resources of their own, a second provision of the network would take
    // away those it does not list.
    subnets: [
      // Apps on Flex Consumption may share a subnet, but also its addresses and its connections: many instances of one app
      // would slow the other down.
      appSubnet('public', '10.60.0.0/24')
      appSubnet('background', '10.60.2.0/24')
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
}

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for zone in zoneNames: {
    name: zone
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (zone, i) in zoneNames: {
    parent: zones[i]
    name: name
    location: 'global'
    tags: tags
    properties: {
      virtualNetwork: { id: network.id }
      registrationEnabled: false
    }
  }
]
