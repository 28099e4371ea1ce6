import { isRunBy, SIDES } from '../sides/index.ts'
import type { RunsOn } from '../sides/index.ts'

/** What TRICKLE_SIDE may say. */
export const APPS = [...SIDES, 'both'] as const

/**
 * The settings that are not for both apps. Those of the other app are neither asked for nor read: what an app does not
 * know, its code can't use. A login's url and client id go together: with the url alone an app would ask for a token of
 * its system-assigned identity.
 */
const uses: Readonly<Record<string, RunsOn>> = {
  TRICKLE_POSTGRES_APP_URL: 'public',
  TRICKLE_POSTGRES_APP_CLIENT_ID: 'public',
  TRICKLE_POSTGRES_WORKER_URL: 'background',
  TRICKLE_POSTGRES_WORKER_CLIENT_ID: 'background',
  TRICKLE_POSTGRES_FORWARDER_URL: 'background',
  TRICKLE_POSTGRES_FORWARDER_CLIENT_ID: 'background',
  TRICKLE_POSTGRES_OPERATOR_URL: 'background',
  TRICKLE_POSTGRES_OPERATOR_CLIENT_ID: 'background',
  TRICKLE_ANALYTICS_URL: 'background',
  TRICKLE_ANALYTICS_DATABASE: 'background',
  TRICKLE_ANALYTICS_CLIENT_ID: 'background',
  TRICKLE_BACKSTOP_SCHEDULE: 'background',
  ServiceBusForwarderConnection: 'background',
  ServiceBusForwarderConnection__fullyQualifiedNamespace: 'background',
  ServiceBusForwarderConnection__clientId: 'background',
  ServiceBusOperatorConnection: 'background',
  ServiceBusOperatorConnection__fullyQualifiedNamespace: 'background',
  ServiceBusOperatorConnection__clientId: 'background',
}

/** The app that reads a shared setting. */
export const appOfSetting = (name: string): RunsOn => uses[name] ?? 'both'

export const isReadBy = (name: string, app: RunsOn): boolean => isRunBy(appOfSetting(name), app)

/**
 * Whether an environment has a connection to Service Bus: asked for at the start too, since functions that receive are
 * registered only then.
 * @param prefix of its settings
 */
export const hasConnectionIn = (
  environment: Readonly<Record<string, string | undefined>>,
  prefix: string,
): boolean => [prefix, `${prefix}__fullyQualifiedNamespace`].some((name) => (environment[name] ?? '') !== '')

/**
 * Which app this process is, asked for before all settings are read: functions are registered at the start. A wrong
 * value counts as absent here; `parseSettings` then refuses it at the first use of a setting, and no login is opened.
 */
export function appOfEnvironment(environment: Readonly<Record<string, string | undefined>>): RunsOn {
  return APPS.find((app) => app === environment['TRICKLE_SIDE']) ?? 'both'
}
