// The app on Flex Consumption. Its identities have all their rights before this module runs (the caller takes the outputs
// of the modules that give them), since a host that starts without its rights fails for minutes while they replicate.

import { identity } from 'identities.bicep'
import { functionsRules } from 'size-types.bicep'

@export()
@description('How callers are known; see shared/config/schema.ts.')
type authType = {
  issuer: string
  audience: string
  @description('Empty: the keys are discovered.')
  jwksUrl: string
  tenantClaim: string
  tenantKey: string
  rolesClaim: string
  @description('JSON; empty: the issuer alone decides which roles count.')
  applications: string
  @description('JSON; empty: there is one issuer.')
  issuers: string
  tokenLifetimeSecondsMax: int
}

param location string
param tags { *: string }
@minLength(13)
@maxLength(13)
param token string
@description('sizes.json, the part `functions`.')
param rules functionsRules
@description('A deployment replaces the instances one after the other.')
param rollingUpdate bool
param identities { app: identity, worker: identity, forwarder: identity, operator: identity, deployment: identity }
@description('Blob endpoint and container of the deployed package.')
param package { blobEndpoint: string, container: string }
@description('Blob endpoint where the host keeps its state.')
param hostBlobEndpoint string
@description('Whether there is a Service Bus. Said apart from its name, which only Azure knows, so that a preview knows the settings.')
param withServiceBus bool
param serviceBusNamespace string
param insightsConnectionString string
@description('Empty: the app goes out by way of the platform\'s own addresses.')
param subnetId string
param corsOrigins string[]
@description('NAME=value, of the settings of contexts.')
param contextSettings string[]
@description('What the app logs in to; the roles\' names are fixed.')
param database { host: string, port: int, name: string, statements: 'named' | 'unnamed' }
param auth authType
@description('Whether events are forwarded is said apart from the url, which only Azure knows of a new cluster.')
param analytics { forwards: bool, url: string, database: string }
param workspaceId string

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: 'plan-${token}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: {
    reserved: true
    zoneRedundant: rules.zoneRedundant
  }
}

// Names that the platform fixes. Flex Consumption refuses or ignores these, so they are left out:
// FUNCTIONS_WORKER_RUNTIME, FUNCTIONS_EXTENSION_VERSION, WEBSITE_RUN_FROM_PACKAGE, SCM_DO_BUILD_DURING_DEPLOYMENT,
// WEBSITE_NODE_DEFAULT_VERSION. NODE_OPTIONS is left out, too: the worker runs already when it gets the app, and would
// not read it. What the app needs of Node, such as the size of a request's head, it sets itself
// (shared/functions-worker). languageWorkers__node__arguments would be read, but every start would then need a cold
// worker.
var platformSettings = {
  // Blobs only: timers and Service Bus keep their state there; queues and tables would need rights of their own.
  AzureWebJobsStorage__blobServiceUri: hostBlobEndpoint
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identities.app.clientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identities.app.clientId};Authorization=AAD'
  // Code that asks for a token without naming an identity gets this one, which has the least rights that serve a
  // request.
  AZURE_CLIENT_ID: identities.app.clientId
  // "/" would otherwise be the platform's page.
  AzureWebJobsDisableHomepage: 'true'
}

var serviceBusSettings = !withServiceBus
  ? {}
  : {
      // What the app sends and what it receives for one tenant.
      ServiceBusConnection__fullyQualifiedNamespace: serviceBusNamespace
      ServiceBusConnection__credential: 'managedidentity'
      ServiceBusConnection__clientId: identities.app.clientId
      // Code that works for all tenants receives as the forwarder. One connection has one identity.
      ServiceBusForwarderConnection__fullyQualifiedNamespace: serviceBusNamespace
      ServiceBusForwarderConnection__credential: 'managedidentity'
      ServiceBusForwarderConnection__clientId: identities.forwarder.clientId
    }

// The app verifies the certificate whatever the url says. sslmode is for a person who copies the url into another
// client.
var databaseAddress = '${database.host}:${database.port}/${database.name}?sslmode=verify-full'

// A timer that has nothing to send would wake an instance every ten seconds. The platform takes only letters, digits, dots
// and underscores in the name of a setting on Linux, so a function that this switches off has no hyphen in its name.
var disabledFunctions = analytics.forwards ? {} : { 'AzureWebJobs.forwarding.Disabled': 'true' }

// Settings that contexts declare, written by npm run generate. They are empty, except those that the platform reads
// itself, such as a timer's schedule: without it the timer would not start. Then come the settings given for this
// deployment.
var contextDefaults = loadJsonContent('../context-settings.json', 'deployed')
var contextGiven = toObject(
  contextSettings,
  setting => split(setting, '=')[0],
  setting => join(skip(split(setting, '='), 1), '=')
)

// What follows from parameters alone; an empty one is left out. A value that only Azure knows must not come in here: the
// filter would hide all of them from a preview.
var givenSettings = toObject(
  filter(
    items(union(
      {
        TRICKLE_AUTH_JWKS_URL: auth.jwksUrl
        TRICKLE_AUTH_TENANT_CLAIM: auth.tenantClaim
        TRICKLE_AUTH_TENANT_KEY: auth.tenantKey
        TRICKLE_AUTH_ROLES_CLAIM: auth.rolesClaim
        TRICKLE_AUTH_APPLICATIONS: auth.applications
        TRICKLE_AUTH_ISSUERS: auth.issuers
      },
      contextDefaults,
      contextGiven
    )),
    setting => !empty(setting.value)
  ),
  setting => setting.key,
  setting => setting.value
)

var analyticsSettings = analytics.forwards
  ? {
      TRICKLE_ANALYTICS_URL: analytics.url
      TRICKLE_ANALYTICS_DATABASE: analytics.database
      TRICKLE_ANALYTICS_CLIENT_ID: identities.forwarder.clientId
    }
  : {}

// The settings of shared/config/schema.ts that have no default or may differ from it.
var appSettings = {
  TRICKLE_POSTGRES_APP_URL: 'postgres://trickle_app@${databaseAddress}'
  TRICKLE_POSTGRES_WORKER_URL: 'postgres://trickle_worker@${databaseAddress}'
  TRICKLE_POSTGRES_FORWARDER_URL: 'postgres://trickle_forwarder@${databaseAddress}'
  TRICKLE_POSTGRES_OPERATOR_URL: 'postgres://trickle_operator@${databaseAddress}'
  TRICKLE_POSTGRES_APP_CLIENT_ID: identities.app.clientId
  TRICKLE_POSTGRES_WORKER_CLIENT_ID: identities.worker.clientId
  TRICKLE_POSTGRES_FORWARDER_CLIENT_ID: identities.forwarder.clientId
  TRICKLE_POSTGRES_OPERATOR_CLIENT_ID: identities.operator.clientId
  TRICKLE_POSTGRES_STATEMENTS: database.statements
  TRICKLE_AUTH_ISSUER: auth.issuer
  TRICKLE_AUTH_AUDIENCE: auth.audience
  TRICKLE_AUTH_TOKEN_LIFETIME_SECONDS_MAX: string(auth.tokenLifetimeSecondsMax)
  ...analyticsSettings
  ...givenSettings
}

resource site 'Microsoft.Web/sites@2025-03-01' = {
  name: 'func-${token}'
  location: location
  // azd finds where to deploy the service `api` by this tag.
  tags: union(tags, { 'azd-service-name': 'api' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identities.app.id}': {}
      '${identities.worker.id}': {}
      '${identities.forwarder.id}': {}
      '${identities.operator.id}': {}
      '${identities.deployment.id}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: 'Enabled'
    // Private addresses are reached through the subnet. The plan may send other traffic there as well: the subnet has a
    // way out.
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    // The service refuses a site on this plan without it, although the type calls it optional.
    // The published types do not know siteUpdateStrategy yet, so the compiler's warning is switched off for this line and
    // nowhere else.
    #disable-next-line BCP037
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${package.blobEndpoint}${package.container}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identities.deployment.id
          }
        }
      }
      runtime: { name: 'node', version: '24' }
      scaleAndConcurrency: {
        instanceMemoryMB: rules.instanceMemoryMb
        maximumInstanceCount: rules.maximumInstances
        alwaysReady: rules.alwaysReadyHttp > 0 ? [{ name: 'http', instanceCount: rules.alwaysReadyHttp }] : []
        triggers: { http: { perInstanceConcurrency: rules.httpPerInstanceConcurrency } }
      }
      // The default, Recreate, kills what runs. RollingUpdate is a preview, so the small size goes without it: a first
      // deployment must not depend on it.
      ...(rollingUpdate ? { siteUpdateStrategy: { type: 'RollingUpdate' } } : {})
    }
    siteConfig: {
      // No ftpsState: Flex Consumption refuses it. It has no FTP, and the resource `ftp` below switches passwords off.
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      http20Enabled: true
      // An empty list turns the platform's CORS off. Credentials are off: "*" does not work with them, and tokens come
      // in a header.
      cors: { allowedOrigins: corsOrigins, supportCredentials: false }
    }
  }

  // Switches the passwords of the publishing profile off: azd deploys with a token.
  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }
  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
    // Two writes to one site at a time end in 409.
    dependsOn: [ftp]
  }

  // All settings in one resource: a second resource would remove the settings of the first.
  resource allSettings 'config' = {
    name: 'appsettings'
    properties: { ...platformSettings, ...serviceBusSettings, ...disabledFunctions, ...appSettings }
    dependsOn: [scm]
  }
}

// The rule asks for a version of 2016, which is older and knows less.
#disable-next-line use-recent-api-versions
resource toWorkspace 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: site
  properties: {
    workspaceId: workspaceId
    // What the host says before telemetry works (a start that fails). Requests are in Application Insights already.
    // Metrics are not copied, here and in the other modules: the platform keeps them for 93 days, and a copy would cost
    // money.
    logs: [{ category: 'FunctionAppLogs', enabled: true }]
  }
}

output name string = site.name
output uri string = 'https://${site.properties.defaultHostName}'
