// The smallest with a Data Explorer cluster of its own and the cache; rolling updates are on.
using '../main.bicep'

param environmentName = 'example'
param location = 'westeurope'
param principalId = '00000000-0000-4000-8000-000000000003'
param authIssuer = 'https://login.example.com/v2.0'
param authAudience = 'api://trickle'

param size = 'dev'
param analytics = 'new'
param cache = 'redis'
param rollingUpdate = 'on'
