import { isRunBy, SIDES } from '../sides/index.ts'
import type { RunsOn } from '../sides/index.ts'

/** What TRICKLE_SIDE may say. */
export const APPS = [...SIDES, 'both'] as const

interface Use {
  /** Settings of the other app are neither asked for nor read: what an app does not know, its code can't use. */
  readonly usedBy: RunsOn
  /** The app that works without it. */
  readonly optionalIn?: RunsOn
}

/**
 * The settings that are not for both apps. A login's url and client id go together: with the url alone an app would ask
 * for a token of its system-assigned identity.
 */
const uses: Readonly<Record<string, Use>> = {
  // The background app needs it where a queue's handler, or a subscription, appends or writes state for a tenant.
  TRICKLE_POSTGRES_APP_URL: { usedBy: 'both', optionalIn: 'background' },
  TRICKLE_POSTGRES_WORKER_URL: { usedBy: 'background' },
  TRICKLE_POSTGRES_WORKER_CLIENT_ID: { usedBy: 'background' },
  TRICKLE_POSTGRES_FORWARDER_URL: { usedBy: 'background' },
  TRICKLE_POSTGRES_FORWARDER_CLIENT_ID: { usedBy: 'background' },
  TRICKLE_POSTGRES_OPERATOR_URL: { usedBy: 'background' },
  TRICKLE_POSTGRES_OPERATOR_CLIENT_ID: { usedBy: 'background' },
  TRICKLE_ANALYTICS_URL: { usedBy: 'background' },
  TRICKLE_ANALYTICS_DATABASE: { usedBy: 'background' },
  TRICKLE_ANALYTICS_CLIENT_ID: { usedBy: 'background' },
  ServiceBusForwarderConnection: { usedBy: 'background' },
  ServiceBusForwarderConnection__fullyQualifiedNamespace: { usedBy: 'background' },
  ServiceBusForwarderConnection__clientId: { usedBy: 'background' },
}

/** The app that reads a shared setting. */
export const appOfSetting = (name: string): RunsOn => uses[name]?.usedBy ?? 'both'

export const isReadBy = (name: string, app: RunsOn): boolean => isRunBy(appOfSetting(name), app)

/** Whether an app may be started without a setting that its schema requires. */
export const isDispensable = (name: string, app: RunsOn): boolean =>
  !isReadBy(name, app) || (app !== 'both' && uses[name]?.optionalIn === app)

/**
 * Which app this process is, asked for before all settings are read: functions are registered at the start. A wrong
 * value counts as absent here; `parseSettings` then refuses it at the first use of a setting, and no login is opened.
 */
export function appOfEnvironment(environment: Readonly<Record<string, string | undefined>>): RunsOn {
  return APPS.find((app) => app === environment['TRICKLE_SIDE']) ?? 'both'
}
