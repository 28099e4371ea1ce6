/**
 * Replacements for what only Azure knows: the subscription, who deploys, names that are made from hashes. They are only
 * as exact as the tests need: correct in form and length, and equal for equal arguments.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { asText, isObject, textOf } from './values.ts'
import type { ObjectValue, Value } from './values.ts'

export const SUBSCRIPTION = '/subscriptions/00000000-0000-4000-8000-000000000001'
export const TENANT_ID = '00000000-0000-4000-8000-000000000002'
export const DEPLOYER_ID = '00000000-0000-4000-8000-000000000003'

const contexts: Readonly<Record<string, ObjectValue>> = {
  subscription: {
    id: SUBSCRIPTION,
    subscriptionId: SUBSCRIPTION.replace('/subscriptions/', ''),
    tenantId: TENANT_ID,
    displayName: 'test',
  },
  tenant: { tenantId: TENANT_ID, displayName: 'test' },
  resourceGroup: {
    id: `${SUBSCRIPTION}/resourceGroups/test`,
    name: 'test',
    location: 'westeurope',
    tags: {},
  },
  deployment: { name: 'test', location: 'westeurope' },
  deployer: { objectId: DEPLOYER_ID, tenantId: TENANT_ID, userPrincipalName: 'deployer@example.com' },
  environment: {
    name: 'AzureCloud',
    resourceManager: 'https://management.azure.com/',
    authentication: { loginEndpoint: 'https://login.microsoftonline.com/', tenant: 'common' },
    suffixes: {
      storage: 'core.windows.net',
      keyvaultDns: '.vault.azure.net',
      sqlServerHostname: '.database.windows.net',
    },
  },
}

const hashOf = (given: readonly Value[]): string =>
  createHash('sha256').update(given.map(textOf).join()).digest('hex')

function guid(given: readonly Value[]): string {
  const hash = hashOf(given)
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `4${hash.slice(13, 16)}`,
    `8${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join('-')
}

/** Undefined if the function is not known here. Relative paths start from `file`. */
export function callPlatform(file: string, name: string, given: readonly Value[]): Value | undefined {
  const context = Object.hasOwn(contexts, name) ? contexts[name] : undefined
  if (context !== undefined && given.length === 0) return context
  switch (name) {
    case 'loadJsonContent':
      return loadJson(file, given)
    case 'loadTextContent':
      return load(file, given[0])
    case 'uniqueString':
      return uniqueString(given)
    case 'guid':
      return guid(given)
    case 'resourceId':
      return resourceId(`${SUBSCRIPTION}/resourceGroups/test`, given)
    case 'subscriptionResourceId':
      return resourceId(SUBSCRIPTION, given)
    case 'tenantResourceId':
      return resourceId('', given)
    default:
      return undefined
  }
}

/** 13 letters and digits, the first a letter, as the real function mostly returns. */
const uniqueString = (given: readonly Value[]): string => `u${hashOf(given).slice(0, 12)}`

/** `Microsoft.X/a/b` and the names `1, 2` make `/providers/Microsoft.X/a/1/b/2`. */
function resourceId(scope: string, given: readonly Value[]): string {
  const [type = '', ...names] = given.map(String)
  const [provider = '', ...kinds] = type.split('/')
  return [
    scope,
    'providers',
    provider,
    ...kinds.flatMap((kind, position) => [kind, names[position] ?? '']),
  ].join('/')
}

function load(file: string, path: Value | undefined): string {
  if (typeof path !== 'string') throw new Error('a file is loaded by its path')
  return readFileSync(join(dirname(file), path), 'utf8')
}

/** A JSON file, or the part of it that a path such as `queues` or `$.queues` names. */
function loadJson(file: string, [path, part = '$']: readonly Value[]): Value {
  const names = asText(part)
    .split('.')
    .filter((name) => name !== '$')
  const whole = JSON.parse(load(file, path)) as Value
  return names.reduce((value, name) => {
    const of = isObject(value) ? value[name] : undefined
    if (of === undefined) throw new Error(`there is no ${textOf(part)} in ${textOf(path ?? null)}`)
    return of
  }, whole)
}

/** Properties that Azure itself adds to a resource, in Azure's form. A property that is missing here is Unknown. */
const addedByAzure: Readonly<Record<string, (name: string) => ObjectValue>> = {
  'Microsoft.DBforPostgreSQL/flexibleServers': (name) => ({
    fullyQualifiedDomainName: `${name}.postgres.database.azure.com`,
  }),
  'Microsoft.ManagedIdentity/userAssignedIdentities': (name) => ({
    clientId: guid(['client', name]),
    principalId: guid(['principal', name]),
    tenantId: TENANT_ID,
  }),
  'Microsoft.Web/sites': (name) => ({ defaultHostName: `${name}.azurewebsites.net` }),
  'Microsoft.ServiceBus/namespaces': (name) => ({
    serviceBusEndpoint: `https://${name}.servicebus.windows.net:443/`,
  }),
  'Microsoft.Storage/storageAccounts': (name) => ({
    primaryEndpoints: { blob: `https://${name}.blob.core.windows.net/` },
  }),
  'Microsoft.Kusto/clusters': (name) => ({ uri: `https://${name}.westeurope.kusto.windows.net` }),
}

/** The value of a property that Azure adds to the `properties` of a resource. */
export function propertyOf(type: string, name: Value | undefined, property: string): Value | undefined {
  if (typeof name !== 'string' || !Object.hasOwn(addedByAzure, type)) return undefined
  return addedByAzure[type]?.(name)[property]
}
