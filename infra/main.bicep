// Trickle on Azure, from `azd up`. This file takes the parameters, refuses contradictions and makes the resource
// group; modules/platform.bicep puts the families of resources into it. What a size means is in sizes.json.
targetScope = 'subscription'
import { administratorType, replicaType } from 'modules/postgres/types.bicep'

// ---- Who and where

@minLength(1)
@description('Name of the azd environment.')
param environmentName string

@minLength(1)
@description('Region of everything but replicas that name another one. A short name, as in westeurope.')
@metadata({ azd: { type: 'location' } })
param location string

@description('Object id of the account that deploys: becomes an administrator of the database server.')
param principalId string = deployer().objectId

@description('A pipeline is a ServicePrincipal. Given wrongly, the administrator is refused as not found.')
@allowed(['User', 'ServicePrincipal', 'Group'])
param principalType string = 'User'

// ---- How large, how reachable

@description('dev is cheap and has no pooler, no replica and no standby. trial has all but the standby, at its smallest.')
@allowed(['dev', 'trial', 'standard', 'scale'])
param size string = 'dev'

@description('private: a network of its own and private endpoints; the services have no public address. The two apps keep theirs.')
@allowed(['public', 'private'])
param network string = 'public'

@description('off until something needs it: nothing in the bundle sends or receives messages.')
@allowed(['off', 'bySize', 'Standard', 'Premium'])
param serviceBusTier string = 'off'

@description('Replace the instances of the apps one after the other when code or settings change, a preview of the platform. bySize: not in dev.')
@allowed(['bySize', 'off', 'on'])
param rollingUpdate string = 'bySize'

// ---- The database server

@description('Read replicas: at most five, of them one for analytics. Empty: those that the size has.')
param replicas replicaType[] = []

@description('Host names for writing and reading that stay the same when a replica is promoted.')
param virtualEndpoint bool = false
@allowed(['bySize', 'off', 'sameZone', 'zoneRedundant'])
param highAvailability string = 'bySize'

@description('Backups in the paired region as well. Fixed when the server is made.')
param geoRedundantBackup bool = false
@minValue(0)
@description('0: a plain server. 2 or more: an elastic cluster of so many nodes. Fixed when the server is made.')
param elasticClusterNodes int = 0

@description('Encrypt the server with a key of our own vault. Fixed when the server is made.')
param customerManagedKey bool = false

@description('Name of the server, where it is not the one this template gives: after a restore to a point in time, which makes a server of another name.')
param postgresServerName string = ''

@description('Administrators of the server besides the account that deploys; a group is best.')
param postgresAdministrators administratorType[] = []

// ---- Services beside the database

@description('Azure Data Explorer: none, a new cluster, or one that exists. bySize: a new one in trial, none elsewhere.')
@allowed(['bySize', 'off', 'new', 'existing'])
param analytics string = 'bySize'
@description('With existing: https://<cluster>.<region>.kusto.windows.net')
param analyticsClusterUri string = ''
@description('With existing, where the deployer may change the cluster: its resource id. Without it, database, tables and the right to ingest are made by hand.')
param analyticsClusterId string = ''
param analyticsDatabase string = 'trickle'
@allowed(['off', 'redis'])
param cache string = 'off'

// ---- Who may call

@description('The `iss` that tokens must carry.')
@minLength(1)
param authIssuer string
@description('The `aud` that tokens must carry.')
@minLength(1)
param authAudience string
@description('Where the issuer publishes its keys. Without it they are discovered.')
param authJwksUrl string = ''
param authTenantClaim string = 'tenant'
@allowed(['any', 'id', 'slug', 'externalId'])
param authTenantKey string = 'any'
param authRolesClaim string = 'roles'
@description('JSON: which applications may have a role, as in {"operator":["<application id>"]}. Without it the issuer alone decides.')
param authApplications string = ''
@description('JSON list of further issuers; see docs/callers.md.')
param authIssuers string = ''
@description('The longest life of a token in seconds. Those of managed identities live for 24 hours.')
param authTokenLifetimeSecondsMax int = 90000

@description('Origins whose pages may call the API from a browser.')
param corsOrigins string[] = []

@description('Settings of contexts, as in TRICKLE_EVENTS_SSE_VIEWERS_MAX=8. What is not named has its default.')
param contextSettings string[] = []

// ---- Values that follow from the parameters

var rules = loadJsonContent('sizes.json')[size]
var isBurstable = rules.postgres.tier == 'Burstable'
var isPrivate = network == 'private'
var isElasticCluster = elasticClusterNodes > 0

// bySize is not among them.
var highAvailabilityModes = { off: 'Disabled', sameZone: 'SameZone', zoneRedundant: 'ZoneRedundant' }
var highAvailabilityMode = highAvailabilityModes[?highAvailability] ?? rules.postgres.highAvailability
var resolvedServiceBusTier = serviceBusTier == 'bySize' ? rules.serviceBus.tier : serviceBusTier
var analyticsMode = analytics == 'bySize' ? rules.analytics.mode : analytics
var receivedQueues = loadJsonContent('service-bus/queues.json', 'ofContexts')

// Every replica with its region as Azure's short name ("westeurope", not "West Europe"), and its name as the server's.
var region = toLower(replace(location, ' ', ''))
var placedReplicas = map(empty(replicas) ? rules.replicas : replicas, r => {
  name: toLower(r.name)
  location: empty(r.?location ?? '') ? region : toLower(replace(r.?location ?? location, ' ', ''))
  purpose: r.purpose
})
var replicaNames = map(placedReplicas, r => r.name)
var analyticsReplicas = filter(placedReplicas, r => r.purpose == 'analytics')
var distantReplicas = filter(placedReplicas, r => r.location != region)
var switchableReplicas = filter(placedReplicas, r => r.purpose == 'reads' && r.location == region)

// Contradictions. Each entry says what is wrong, where it was asked for and how to correct it.
var problems = filter(
  [
    isBurstable && length(placedReplicas) > 0
      ? 'TRICKLE_REPLICAS: size ${size} is Burstable, which has no read replicas. Set TRICKLE_SIZE to trial, standard or scale, or TRICKLE_REPLICAS to [].'
      : ''
    isBurstable && highAvailabilityMode != 'Disabled'
      ? 'TRICKLE_HIGH_AVAILABILITY: size ${size} is Burstable, which has no standby. Set TRICKLE_SIZE to trial, standard or scale, or TRICKLE_HIGH_AVAILABILITY to off.'
      : ''
    isBurstable && rules.postgres.pgbouncer
      ? 'sizes.json: size ${size} is Burstable, which has no PgBouncer. Set its pgbouncer to false or its tier to GeneralPurpose.'
      : ''
    isBurstable && isElasticCluster
      ? 'TRICKLE_ELASTIC_CLUSTER_NODES: size ${size} is Burstable, which has no elastic clusters. Set TRICKLE_SIZE to trial, standard or scale, or TRICKLE_ELASTIC_CLUSTER_NODES to 0.'
      : ''
    length(placedReplicas) > 5
      ? 'TRICKLE_REPLICAS: ${length(placedReplicas)} replicas, and a server has at most 5. Take some away.'
      : ''
    length(union(replicaNames, replicaNames)) < length(replicaNames)
      ? 'TRICKLE_REPLICAS: two replicas have the same name. Give each a name of its own.'
      : ''
    length(analyticsReplicas) > 1
      ? 'TRICKLE_REPLICAS: ${length(analyticsReplicas)} replicas for analytics. Mark one of them, the others as reads.'
      : ''
    virtualEndpoint && empty(switchableReplicas)
      ? 'TRICKLE_VIRTUAL_ENDPOINT: it needs a replica for reads in the region of the primary (${location}). Add one to TRICKLE_REPLICAS, or set TRICKLE_VIRTUAL_ENDPOINT to false.'
      : ''
    elasticClusterNodes == 1
      ? 'TRICKLE_ELASTIC_CLUSTER_NODES: 1 node is no cluster. Set 0 for a plain server, 2 or more for a cluster.'
      : ''
    isElasticCluster && length(placedReplicas) > 1
      ? 'TRICKLE_REPLICAS: an elastic cluster has at most one read replica. Take some away, or set TRICKLE_ELASTIC_CLUSTER_NODES to 0.'
      : ''
    isElasticCluster && virtualEndpoint
      ? 'TRICKLE_VIRTUAL_ENDPOINT: not documented for elastic clusters. Set it to false, or TRICKLE_ELASTIC_CLUSTER_NODES to 0.'
      : ''
    isElasticCluster && geoRedundantBackup
      ? 'TRICKLE_GEO_BACKUP: not documented for elastic clusters. Set it to false, or TRICKLE_ELASTIC_CLUSTER_NODES to 0.'
      : ''
    isElasticCluster && customerManagedKey
      ? 'TRICKLE_CUSTOMER_MANAGED_KEY: not documented for elastic clusters. Set it to false, or TRICKLE_ELASTIC_CLUSTER_NODES to 0.'
      : ''
    customerManagedKey && geoRedundantBackup
      ? 'TRICKLE_CUSTOMER_MANAGED_KEY with TRICKLE_GEO_BACKUP needs a second key in the paired region, which this template does not make. Set one of them to false.'
      : ''
    customerManagedKey && !empty(distantReplicas)
      ? 'TRICKLE_CUSTOMER_MANAGED_KEY: a replica in another region needs a key there, which this template does not make. Keep replicas in ${location}, or set it to false.'
      : ''
    isPrivate && resolvedServiceBusTier == 'Standard'
      ? 'TRICKLE_NETWORK: a private network needs Service Bus Premium (about 680 USD a month for one unit), and the tier is Standard. Set TRICKLE_SERVICE_BUS_TIER to off or Premium, or TRICKLE_NETWORK to public.'
      : ''
    serviceBusTier == 'off' && !empty(receivedQueues)
      ? 'TRICKLE_SERVICE_BUS_TIER: it is off, and a context needs ${join(receivedQueues, ', ')}. Set it to bySize.'
      : ''
    analyticsMode == 'existing' && empty(analyticsClusterUri)
      ? 'TRICKLE_ANALYTICS_URL: TRICKLE_ANALYTICS is existing, and no cluster is named. Set it to https://<cluster>.<region>.kusto.windows.net.'
      : ''
    analyticsMode != 'existing' && !empty(analyticsClusterUri)
      ? 'TRICKLE_ANALYTICS_URL: a cluster is named, and TRICKLE_ANALYTICS is ${analyticsMode}. Set TRICKLE_ANALYTICS to existing, or TRICKLE_ANALYTICS_URL to an empty value.'
      : ''
    analyticsMode != 'existing' && !empty(analyticsClusterId)
      ? 'TRICKLE_ANALYTICS_CLUSTER_ID: a cluster is named, and TRICKLE_ANALYTICS is ${analyticsMode}. Set TRICKLE_ANALYTICS to existing, or TRICKLE_ANALYTICS_CLUSTER_ID to an empty value.'
      : ''
    !empty(analyticsClusterUri) && !startsWith(toLower(analyticsClusterUri), 'https://')
      ? 'TRICKLE_ANALYTICS_URL: must begin with https://, and the app refuses anything else.'
      : ''
    !startsWith(toLower(authIssuer), 'https://')
      ? 'TRICKLE_AUTH_ISSUER: must begin with https://, and the app refuses anything else.'
      : ''
    !empty(authJwksUrl) && !startsWith(toLower(authJwksUrl), 'https://')
      ? 'TRICKLE_AUTH_JWKS_URL: must begin with https://, and the app refuses anything else.'
      : ''
  ],
  problem => !empty(problem)
)

// Every resource lies in this group, so if its name can not be computed, nothing is made. A long name is cut.
var resourceGroupName = empty(problems)
  ? take('rg-${environmentName}', 90)
  : fail('This can not be deployed.\n${join(problems, '\n')}')
var databaseName = 'trickle'
var tags = { 'azd-env-name': environmentName }
// 13 letters and digits, the same at each provision. All other names are a short prefix and this, below every limit.
var token = uniqueString(subscription().id, environmentName, location)

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: resourceGroupName
  location: location
  tags: tags
}

// ---- Who administers the database server

// Empty for a service principal. The name is also the database role that the hook logs in as. It must never change for
// the same object id: otherwise the service waits for ever.
var deployerName = deployer().?userPrincipalName ?? ''
var administratorName = empty(deployerName) ? 'deployer-${principalId}' : deployerName

module platform 'modules/platform.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    rules: rules
    isPrivate: isPrivate
    serviceBusTier: resolvedServiceBusTier
    database: {
      serverName: empty(postgresServerName) ? 'psql-${token}' : postgresServerName
      name: databaseName
      highAvailability: highAvailabilityMode
      geoRedundantBackup: geoRedundantBackup
      elasticClusterNodes: elasticClusterNodes
      deployer: { objectId: principalId, name: administratorName, type: principalType }
      administrators: postgresAdministrators
      replicas: placedReplicas
      virtualEndpoint: virtualEndpoint
      customerManagedKey: customerManagedKey
    }
    analytics: {
      mode: analyticsMode
      database: analyticsDatabase
      existingUri: analyticsClusterUri
      existingId: analyticsClusterId
    }
    withCache: cache == 'redis'
    rollingUpdate: rollingUpdate == 'bySize' ? rules.functions.rollingUpdate : rollingUpdate == 'on'
    auth: {
      issuer: authIssuer
      audience: authAudience
      jwksUrl: authJwksUrl
      tenantClaim: authTenantClaim
      tenantKey: authTenantKey
      rolesClaim: authRolesClaim
      applications: authApplications
      issuers: authIssuers
      tokenLifetimeSecondsMax: authTokenLifetimeSecondsMax
    }
    corsOrigins: corsOrigins
    contextSettings: contextSettings
  }
}

// ---- What azd keeps in its environment and hands to the hooks. No secret is in it, because the template has none.

output AZURE_RESOURCE_GROUP string = group.name
output AZURE_FUNCTION_NAME string = platform.outputs.publicApp.name
output AZURE_BACKGROUND_FUNCTION_NAME string = platform.outputs.backgroundApp.name
output SERVICE_API_URI string = platform.outputs.publicApp.uri
output SERVICE_BACKGROUND_URI string = platform.outputs.backgroundApp.uri
output POSTGRES_SERVER_NAME string = platform.outputs.postgres.serverName
output POSTGRES_HOST string = platform.outputs.postgres.host
output POSTGRES_POOLED_PORT string = string(platform.outputs.postgres.pooledPort)
output POSTGRES_DATABASE string = databaseName
output POSTGRES_PENDING_RESTART_PARAMETERS string = platform.outputs.postgres.restartParameters
output POSTGRES_UNWRITTEN_PARAMETERS string = platform.outputs.postgres.unwrittenParameters
output POSTGRES_REPLICA_NAMES string = join(platform.outputs.postgres.replicaNames, ',')
output POSTGRES_ADMINISTRATOR_NAME string = administratorName
output POSTGRES_ADMINISTRATOR_OBJECT_ID string = principalId
output IDENTITY_APP_PRINCIPAL_ID string = platform.outputs.principalIds.app
output IDENTITY_WORKER_PRINCIPAL_ID string = platform.outputs.principalIds.worker
output IDENTITY_FORWARDER_PRINCIPAL_ID string = platform.outputs.principalIds.forwarder
output IDENTITY_OPERATOR_PRINCIPAL_ID string = platform.outputs.principalIds.operator
output SERVICE_BUS_NAMESPACE string = platform.outputs.serviceBusNamespace
output ANALYTICS_URL string = platform.outputs.analyticsUrl
output TRICKLE_SIZE string = size
output TRICKLE_NETWORK string = network
