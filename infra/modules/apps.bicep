// The two apps of one bundle (docs/architecture.md, "One app or two"): what each is told, and which identities stand on it.
// An identity that stands on a site is open to all code of the site, so the public app has the login of tenants and no other.

import { appStorage } from 'app-storage.bicep'
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
param identities {
  app: identity
  worker: identity
  forwarder: identity
  operator: identity
  publicPlatform: identity
  backgroundPlatform: identity
}
param storage { public: appStorage, background: appStorage }
@description('Whether there is a Service Bus. Said apart from its name, which only Azure knows, so that a preview knows the settings.')
param withServiceBus bool
param serviceBusNamespace string
param insightsConnectionString string
@description('Empty: the apps go out by way of the platform\'s own addresses.')
param subnetIds { public: string, background: string }
@description('For the public app: pages of browsers do not call the other one.')
param corsOrigins string[]
@description('NAME=value, of the settings of contexts.')
param contextSettings string[]
@description('What the apps log in to; the roles\' names are fixed.')
param database { host: string, port: int, name: string, statements: 'named' | 'unnamed' }
param auth authType
@description('Whether events are forwarded is said apart from the url, which only Azure knows of a new cluster.')
param analytics { forwards: bool, url: string, database: string }
param workspaceId string

// Each app sends as the login that it appends with, and the background app receives as it what is for one tenant at a time.
func connectionOf(namespace string, clientId string) { *: string } => {
  ServiceBusConnection__fullyQualifiedNamespace: namespace
  ServiceBusConnection__credential: 'managedidentity'
  ServiceBusConnection__clientId: clientId
}
var tenantConnection = withServiceBus ? connectionOf(serviceBusNamespace, identities.app.clientId) : {}
var workerConnection = withServiceBus ? connectionOf(serviceBusNamespace, identities.worker.clientId) : {}

// Code that works for all tenants receives as the forwarder. One connection has one identity.
var forwarderConnection = !withServiceBus
  ? {}
  : {
      ServiceBusForwarderConnection__fullyQualifiedNamespace: serviceBusNamespace
      ServiceBusForwarderConnection__credential: 'managedidentity'
      ServiceBusForwarderConnection__clientId: identities.forwarder.clientId
    }

// What operators do about messages that failed, in whichever queue.
var operatorConnection = !withServiceBus
  ? {}
  : {
      ServiceBusOperatorConnection__fullyQualifiedNamespace: serviceBusNamespace
      ServiceBusOperatorConnection__credential: 'managedidentity'
      ServiceBusOperatorConnection__clientId: identities.operator.clientId
    }

// The code verifies the certificate whatever the url says. sslmode is for a person who copies the url into another
// client.
var databaseAddress = '${database.host}:${database.port}/${database.name}?sslmode=verify-full'

// A timer that has nothing to send would wake an instance every ten seconds. The platform takes only letters, digits, dots
// and underscores in the name of a setting on Linux, so a function that this switches off has no hyphen in its name.
var disabledFunctions = analytics.forwards ? {} : { 'AzureWebJobs.forwarding.Disabled': 'true' }

// Settings that contexts declare, written by npm run generate. They are empty, except those that the platform reads
// itself, such as a timer's schedule: without it the timer would not start.
var contextDefaults = loadJsonContent('../context-settings.json', 'deployed')
// Those given for this deployment. Both apps get them, and an app reads those of its own contexts; a schedule is for the
// background app, where timers run.
var contextGiven = toObject(
  contextSettings,
  setting => split(setting, '=')[0],
  setting => join(skip(split(setting, '='), 1), '=')
)
var schedules = map(filter(items(contextDefaults), setting => !empty(setting.value)), setting => setting.key)
var contextGivenToPublic = toObject(
  filter(items(contextGiven), setting => !contains(schedules, setting.key)),
  setting => setting.key,
  setting => setting.value
)

var authOptions = {
  TRICKLE_AUTH_JWKS_URL: auth.jwksUrl
  TRICKLE_AUTH_TENANT_CLAIM: auth.tenantClaim
  TRICKLE_AUTH_TENANT_KEY: auth.tenantKey
  TRICKLE_AUTH_ROLES_CLAIM: auth.rolesClaim
  TRICKLE_AUTH_APPLICATIONS: auth.applications
  TRICKLE_AUTH_ISSUERS: auth.issuers
}

// For what follows from parameters alone; an empty one is left out. A value that only Azure knows must not come in here:
// the filter would hide all of them from a preview.
func givenOf(settings { *: string }) { *: string } =>
  toObject(filter(items(settings), setting => !empty(setting.value)), setting => setting.key, setting => setting.value)

var analyticsSettings = analytics.forwards
  ? {
      TRICKLE_ANALYTICS_URL: analytics.url
      TRICKLE_ANALYTICS_DATABASE: analytics.database
      TRICKLE_ANALYTICS_CLIENT_ID: identities.forwarder.clientId
    }
  : {}

// The settings of shared/config/schema.ts that have no default or may differ from it.
var sharedSettings = {
  TRICKLE_POSTGRES_STATEMENTS: database.statements
  TRICKLE_AUTH_ISSUER: auth.issuer
  TRICKLE_AUTH_AUDIENCE: auth.audience
  TRICKLE_AUTH_TOKEN_LIFETIME_SECONDS_MAX: string(auth.tokenLifetimeSecondsMax)
}

// A nudge takes an instance's time, and wakes nobody where nothing is forwarded and no context has a subscription.
var wakesNobody = !analytics.forwards && empty(loadJsonContent('../service-bus/subscriptions.json').ofContexts)
var nudgeSettings = withServiceBus && wakesNobody ? { TRICKLE_NUDGES_SECONDS: '0' } : {}

var tenantLogin = {
  TRICKLE_POSTGRES_APP_URL: 'postgres://trickle_app@${databaseAddress}'
  TRICKLE_POSTGRES_APP_CLIENT_ID: identities.app.clientId
}

var backgroundLogins = {
  TRICKLE_POSTGRES_WORKER_URL: 'postgres://trickle_worker@${databaseAddress}'
  TRICKLE_POSTGRES_FORWARDER_URL: 'postgres://trickle_forwarder@${databaseAddress}'
  TRICKLE_POSTGRES_OPERATOR_URL: 'postgres://trickle_operator@${databaseAddress}'
  TRICKLE_POSTGRES_WORKER_CLIENT_ID: identities.worker.clientId
  TRICKLE_POSTGRES_FORWARDER_CLIENT_ID: identities.forwarder.clientId
  TRICKLE_POSTGRES_OPERATOR_CLIENT_ID: identities.operator.clientId
}

var appRules = {
  instanceMemoryMb: rules.instanceMemoryMb
  httpPerInstanceConcurrency: rules.httpPerInstanceConcurrency
  zoneRedundant: rules.zoneRedundant
}

module publicApp 'app.bicep' = {
  params: {
    location: location
    tags: tags
    token: token
    side: 'public'
    service: 'api'
    rules: {
      ...appRules
      maximumInstances: rules.maximumInstances
      alwaysReadyHttp: rules.alwaysReadyHttp
    }
    rollingUpdate: rollingUpdate
    platformIdentity: identities.publicPlatform
    loginIds: [identities.app.id]
    storage: storage.public
    insightsConnectionString: insightsConnectionString
    subnetId: subnetIds.public
    corsOrigins: corsOrigins
    // It is not told where the other app is: it would tell everybody who asks.
    settings: {
      TRICKLE_SIDE: 'public'
      ...sharedSettings
      ...nudgeSettings
      ...tenantLogin
      ...tenantConnection
      ...givenOf(union(authOptions, contextGivenToPublic))
    }
    workspaceId: workspaceId
  }
}

module backgroundApp 'app.bicep' = {
  params: {
    location: location
    tags: tags
    token: token
    side: 'background'
    service: 'background'
    // Nobody waits for it but operators, so none of its instances is always ready.
    rules: { ...appRules, maximumInstances: rules.backgroundInstances, alwaysReadyHttp: 0 }
    rollingUpdate: rollingUpdate
    platformIdentity: identities.backgroundPlatform
    loginIds: [
      identities.worker.id
      identities.forwarder.id
      identities.operator.id
    ]
    storage: storage.background
    insightsConnectionString: insightsConnectionString
    subnetId: subnetIds.background
    corsOrigins: []
    settings: {
      TRICKLE_SIDE: 'background'
      TRICKLE_OTHER_APP_URL: publicApp.outputs.uri
      ...sharedSettings
      ...nudgeSettings
      ...backgroundLogins
      ...workerConnection
      ...forwarderConnection
      ...operatorConnection
      ...analyticsSettings
      ...disabledFunctions
      ...givenOf(union(authOptions, contextDefaults, contextGiven))
    }
    workspaceId: workspaceId
  }
}

output publicApp { name: string, uri: string } = { name: publicApp.outputs.name, uri: publicApp.outputs.uri }
output backgroundApp { name: string, uri: string } = {
  name: backgroundApp.outputs.name
  uri: backgroundApp.outputs.uri
}
