import { z } from 'zod'
import { product } from '../../../functions/product.ts'
import { appOfSetting, settingsSchemaWith } from '../../../shared/config/index.ts'
import { isRunBy, otherSide } from '../../../shared/sides/index.ts'
import type { Side } from '../../../shared/sides/index.ts'
import { parametersOf, snapshotOf } from './snapshots.ts'
import type { ObjectValue } from './snapshots.ts'
import { appSettingsOf, jsonOfFile, stringOf } from './support.ts'

/** What the platform, its extensions and its SDKs read; everything else an app setting may be is ours. */
const PLATFORM_SETTINGS = [
  'AzureWebJobsStorage__blobServiceUri',
  'AzureWebJobsStorage__credential',
  'AzureWebJobsStorage__clientId',
  'AzureWebJobsDisableHomepage',
  'APPLICATIONINSIGHTS_CONNECTION_STRING',
  'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
  'AZURE_CLIENT_ID',
]

/** What an app sends by, and the background app receives by for one tenant at a time. */
const CONNECTION = [
  'ServiceBusConnection__fullyQualifiedNamespace',
  'ServiceBusConnection__credential',
  'ServiceBusConnection__clientId',
]

/** Where there is a Service Bus. */
const serviceBusSettings: Readonly<Record<Side, readonly string[]>> = {
  public: CONNECTION,
  background: [
    ...CONNECTION,
    'ServiceBusForwarderConnection__fullyQualifiedNamespace',
    'ServiceBusForwarderConnection__credential',
    'ServiceBusForwarderConnection__clientId',
    'ServiceBusOperatorConnection__fullyQualifiedNamespace',
    'ServiceBusOperatorConnection__credential',
    'ServiceBusOperatorConnection__clientId',
  ],
}

/** Where nothing is forwarded. */
export const DISABLED = 'AzureWebJobs.forwarding.Disabled'

/** Whether events are forwarded, by what the template tells the hook. */
export const forwards = (shape: string): boolean => snapshotOf(shape).outputs['ANALYTICS_URL'] !== ''

/** The settings of the platform that an app of a deployment with these parameters needs. */
export const platformSettingsOf = (shape: string, side: Side): string[] => [
  ...PLATFORM_SETTINGS,
  ...((parametersOf(shape)['serviceBusTier'] ?? 'off') === 'off' ? [] : serviceBusSettings[side]),
  ...(side === 'public' || forwards(shape) ? [] : [DISABLED]),
]

/** The url of a login role. */
export const LOGIN_URL = /^TRICKLE_POSTGRES_\w+_URL$/

/** Login roles of each app. */
export const logins: Readonly<Record<Side, readonly string[]>> = {
  public: ['APP'],
  background: ['WORKER', 'FORWARDER', 'OPERATOR'],
}

export const ofContexts = jsonOfFile('infra/context-settings.json') as Record<
  'deployed' | 'local',
  Record<string, string>
>

const { properties, required } = z.toJSONSchema(settingsSchemaWith(product().settings), {
  io: 'input',
  unrepresentable: 'any',
}) as {
  properties: Record<string, unknown>
  required: string[]
}
export const known = Object.keys(properties)

export const neededIn = (side: Side): string[] => [
  ...required.filter((name) => isReadIn(name, side) && !LOGIN_URL.test(name)),
  ...logins[side].flatMap((login) => [
    `TRICKLE_POSTGRES_${login}_URL`,
    `TRICKLE_POSTGRES_${login}_CLIENT_ID`,
  ]),
]

/** Whether an app reads a setting: a shared one by its side, a context's by what of the context works there. */
const isReadIn = (name: string, side: Side): boolean =>
  Object.hasOwn(product().settings, name)
    ? Object.hasOwn(product().settingsIn(side), name)
    : isRunBy(appOfSetting(name), side)

/** Shared settings and connections that only the other app uses. */
export const isForeign = (name: string, side: Side): boolean =>
  (serviceBusSettings[otherSide(side)].includes(name) && !serviceBusSettings[side].includes(name)) ||
  !isRunBy(appOfSetting(name), side)

/** What a context needs and has no default for is given with a deployment; here, as in the local run. */
const givenToContexts = Object.fromEntries(
  Object.entries(ofContexts.local).filter(([name]) => required.includes(name)),
)

/** The settings of an app of a shape. */
export const settingsOf = (shape: string, side: Side): ObjectValue => ({
  ...givenToContexts,
  ...appSettingsOf(shape, side),
})

export const texts = (settings: ObjectValue): Record<string, string> =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, stringOf(value)]))
