// What a size of infra/sizes.json says of each family of resources. Its `monthlyCost` is for people and for the hook before
// provisioning: nothing is made of it.

import { replicaType, rulesType } from 'postgres/types.bicep'

@export()
type functionsRules = {
  instanceMemoryMb: int
  @description('Of the public app.')
  maximumInstances: int
  @description('Of the background app; 40 is the least that Flex Consumption takes.')
  backgroundInstances: int
  @description('Instances of the public app that always wait for requests; 0: none.')
  alwaysReadyHttp: int
  httpPerInstanceConcurrency: int
  rollingUpdate: bool
  zoneRedundant: bool
}

@export()
type monitoringRules = {
  retentionDays: int
  dailyQuotaGb: int
}

@export()
type analyticsRules = {
  @description('What `bySize` means.')
  mode: 'off' | 'new'
  skuName: string
  tier: 'Basic' | 'Standard'
  capacity: int
  autoStop: bool
  hotCacheDays: int
  softDeleteDays: int
}

@export()
type cacheRules = {
  skuName: string
  highAvailability: bool
}

@export()
type sizeType = {
  postgres: rulesType
  @description('Where none are named.')
  replicas: replicaType[]
  functions: functionsRules
  serviceBus: {
    tier: 'Standard' | 'Premium'
    @description('Messaging units of a Premium namespace.')
    capacity: int
  }
  storage: { sku: string }
  monitoring: monitoringRules
  analytics: analyticsRules
  cache: cacheRules
}
