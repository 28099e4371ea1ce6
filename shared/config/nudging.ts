import type { RunsOn } from '../sides/index.ts'
import { BACKSTOP_SCHEDULE } from './schema.ts'

export interface Nudging {
  /** NCRONTAB of the timers, which then are only there for nudges that are lost. */
  readonly backstopSchedule: string
}

/**
 * Whether nudges wake the subscriptions of this app. It is asked for before all settings are read: functions are
 * registered at the start. A wrong value is refused by `parseSettings` at the first use of a setting.
 * @returns null where no nudge is received: in the public app, without Service Bus, and where they are switched off
 */
export function nudgingOf(
  environment: Readonly<Record<string, string | undefined>>,
  app: RunsOn,
): Nudging | null {
  const isSet = (name: string): boolean => (environment[name] ?? '') !== ''
  const hasServiceBus =
    isSet('ServiceBusForwarderConnection') || isSet('ServiceBusForwarderConnection__fullyQualifiedNamespace')
  const isOff = isSet('TRICKLE_NUDGES_SECONDS') && Number(environment['TRICKLE_NUDGES_SECONDS']) === 0
  if (app === 'public' || !hasServiceBus || isOff) return null
  const given = environment['TRICKLE_BACKSTOP_SCHEDULE'] ?? ''
  return { backstopSchedule: given === '' ? BACKSTOP_SCHEDULE : given }
}
