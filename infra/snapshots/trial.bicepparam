// Size trial, and nothing else chosen: it has a replica and a Data Explorer cluster by itself.
using '../main.bicep'

param environmentName = 'example'
param location = 'westeurope'
param principalId = '00000000-0000-4000-8000-000000000003'
param authIssuer = 'https://login.example.com/v2.0'
param authAudience = 'api://trickle'

param size = 'trial'
