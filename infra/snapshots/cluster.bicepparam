// An elastic cluster of three nodes with its one replica.
using '../main.bicep'

param environmentName = 'example'
param location = 'westeurope'
param principalId = '00000000-0000-4000-8000-000000000003'
param authIssuer = 'https://login.example.com/v2.0'
param authAudience = 'api://trickle'

param size = 'scale'
param elasticClusterNodes = 3
param replicas = [
  { name: 'near', purpose: 'reads' }
]
