// Three replicas, one of them in another region and one for analytics, on public addresses, with Service Bus.
using '../main.bicep'

param environmentName = 'example'
param location = 'westeurope'
param principalId = '00000000-0000-4000-8000-000000000003'
param authIssuer = 'https://login.example.com/v2.0'
param authAudience = 'api://trickle'

param size = 'standard'
param analytics = 'new'
param cache = 'redis'
param serviceBusTier = 'bySize'
param virtualEndpoint = true
param geoRedundantBackup = true
param replicas = [
  { name: 'one', purpose: 'reads' }
  { name: 'two', purpose: 'reads', location: 'northeurope' }
  { name: 'three', purpose: 'analytics' }
]
