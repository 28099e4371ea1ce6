// Each part at least once: a private network, a new Data Explorer cluster, the cache, Service Bus, the customer's own key, a virtual endpoint.
using '../main.bicep'

param environmentName = 'example'
param location = 'westeurope'
param principalId = '00000000-0000-4000-8000-000000000003'
param authIssuer = 'https://login.example.com/v2.0'
param authAudience = 'api://trickle'

param size = 'scale'
param network = 'private'
param analytics = 'new'
param cache = 'redis'
param serviceBusTier = 'bySize'
param customerManagedKey = true
param virtualEndpoint = true
param replicas = [
  { name: 'near', purpose: 'reads' }
  { name: 'reports', purpose: 'analytics' }
]
