// One function app on Flex Consumption, with the settings and identities that apps.bicep gives it. The identities have all
// their rights before this module runs (platform.bicep takes the outputs of the modules that give them), since a host that
// starts without its rights fails for minutes while they replicate.

import { appStorage } from 'app-storage.bicep'
import { identity } from 'identities.bicep'

@export()
@description('What a size says of one app.')
type appRules = {
  instanceMemoryMb: int
  maximumInstances: int
  alwaysReadyHttp: int
  httpPerInstanceConcurrency: int
  zoneRedundant: bool
}

param location string
param tags { *: string }
@minLength(13)
@maxLength(13)
param token string
param side 'public' | 'background'
@description('The service of azure.yaml that is deployed here.')
param service string
param rules appRules
@description('A deployment replaces the instances one after the other.')
param rollingUpdate bool
@description('What the host uses for its state, its package and telemetry.')
param platformIdentity identity
@description('Resource ids of the identities that the code logs in with. Code of the app can use each of them.')
param loginIds string[]
param storage appStorage
param insightsConnectionString string
@description('Empty: the app goes out by way of the platform\'s own addresses.')
param subnetId string
param corsOrigins string[]
@description('Beside those that the platform itself reads.')
param settings { *: string }
param workspaceId string

// A plan of its own: Flex Consumption takes one app a plan.
resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: 'plan-${side}-${token}'
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
  AzureWebJobsStorage__blobServiceUri: storage.hostBlobEndpoint
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: platformIdentity.clientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${platformIdentity.clientId};Authorization=AAD'
  // Code that asks for a token without naming an identity gets this one, which opens no data.
  AZURE_CLIENT_ID: platformIdentity.clientId
  // "/" would otherwise be the platform's page.
  AzureWebJobsDisableHomepage: 'true'
}

resource site 'Microsoft.Web/sites@2025-03-01' = {
  // The host's id is made of the first 32 letters, in which the two names must differ.
  name: 'func-${side}-${token}'
  location: location
  // azd finds where to deploy a service by this tag.
  tags: union(tags, { 'azd-service-name': service })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: toObject([platformIdentity.id, ...loginIds], id => id, id => {})
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
          value: storage.packageUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: platformIdentity.id
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
    properties: { ...platformSettings, ...settings }
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
