// A Data Explorer cluster of another resource group, and every parameter that becomes a setting or an administrator.
using '../main.bicep'

param environmentName = 'example'
param location = 'westeurope'
param principalId = '00000000-0000-4000-8000-000000000003'
param authIssuer = 'https://login.example.com/v2.0'
param authAudience = 'api://trickle'

param size = 'standard'
param analytics = 'existing'
param analyticsClusterUri = 'https://events.westeurope.kusto.windows.net'
param analyticsClusterId = '/subscriptions/00000000-0000-4000-8000-000000000004/resourceGroups/shared/providers/Microsoft.Kusto/clusters/events'
param analyticsDatabase = 'other'
param rollingUpdate = 'off'
param postgresServerName = 'psql-restored'
// The deployer is among them, and one is named twice.
param postgresAdministrators = [
  { objectId: '00000000-0000-4000-8000-00000000000a', name: 'operations', type: 'Group' }
  { objectId: '00000000-0000-4000-8000-00000000000A', name: 'operations again', type: 'Group' }
  { objectId: '00000000-0000-4000-8000-000000000003', name: 'deployer', type: 'User' }
]
param authJwksUrl = 'https://login.example.com/keys'
param authTenantClaim = 'tid'
param authTenantKey = 'externalId'
param authRolesClaim = 'groups'
param authApplications = '{"operator":["cockpit"]}'
param authIssuers = '[{"issuer":"https://login.microsoftonline.com/{tid}/v2.0","audience":"api://trickle"}]'
param authTokenLifetimeSecondsMax = 3600
param corsOrigins = ['https://app.example.com']
param contextSettings = [
  'TRICKLE_EVENTS_SSE_VIEWERS_MAX=8'
  'TRICKLE_FORWARDING_SCHEDULE=0 * * * * *'
]
