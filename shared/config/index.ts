/**
 * Settings of the functions app: read once from the environment, checked by one schema, frozen. Nothing else reads
 * `process.env`. An error names the wrong setting and says how to correct it. It never shows the value, which may be a
 * secret. The settings of contexts are checked together with the shared ones, so that one error names everything that
 * is wrong. Where the bundle runs as two apps, an app neither asks for nor reads what the other one alone uses (apps.ts).
 */
import type { z } from 'zod'
import { TrickleError } from '../errors/index.ts'
import type { RunsOn } from '../sides/index.ts'
import { settingsSchemaWith, sharedSettingNames } from './schema.ts'
import type { SettingSchemas, Settings } from './schema.ts'
import { appOfEnvironment, hasConnectionIn, isReadBy } from './apps.ts'
import { nudgingOf } from './nudging.ts'
import type { Nudging } from './nudging.ts'

export {
  settingsSchemaWith,
  sharedSettingNames,
  TUNABLE_SETTING_NAMES,
  type SettingSchemas,
  type Settings,
} from './schema.ts'
export { nudgingOf, type Nudging } from './nudging.ts'
export { appOfEnvironment, appOfSetting } from './apps.ts'
export { applicationsSchema, issuersSchema, mistakeOfIssuers } from './issuers.ts'

/**
 * Checks an environment. Settings of the other app alone are not asked for, and are absent in the result even where the
 * environment has them.
 * @param ofContexts the settings of contexts; their values are in the result under their names
 * @throws TrickleError CONFIGURATION_INVALID naming every setting that is missing or wrong.
 */
export function parseSettings(
  environment: Readonly<Record<string, string | undefined>>,
  ofContexts: SettingSchemas = {},
): Settings {
  const app = appOfEnvironment(environment)
  const known = [...sharedSettingNames.filter((name) => isReadBy(name, app)), ...Object.keys(ofContexts)]
  const given = Object.fromEntries(known.map((name) => [name, emptyIsAbsent(environment[name])]))
  const parsed = settingsSchemaWith(ofContexts, app).safeParse(given)
  if (parsed.success) return Object.freeze(parsed.data)
  const lines = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${describeIssue(issue)}`)
  throw new TrickleError(
    'CONFIGURATION_INVALID',
    `Set these app settings and start again. ${lines.join('; ')}`,
  )
}

/** Which of the two apps this process is. */
export const readApp = (): RunsOn => appOfEnvironment(process.env)

/** Whether nudges wake the subscriptions of this process. */
export const readNudging = (app: RunsOn): Nudging | null => nudgingOf(process.env, app)

/** Whether this process has a connection to Service Bus. @param prefix of its settings, as `ServiceBusConnection` */
export const hasConnection = (prefix: string): boolean => hasConnectionIn(process.env, prefix)

/** The settings of this process. */
export const readSettings = (ofContexts: SettingSchemas): Settings => parseSettings(process.env, ofContexts)

/** A variable that is set to the empty string counts as absent: that is how portals and shells clear one. */
const emptyIsAbsent = (value: string | undefined): string | undefined => (value === '' ? undefined : value)

function describeIssue(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_type' && issue.message.includes('undefined') ? 'is missing' : issue.message
}
