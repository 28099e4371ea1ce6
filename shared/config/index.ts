/**
 * Settings of the functions app: read once from the environment, checked by one schema, frozen. Nothing else reads
 * `process.env`. A wrong setting is told with its name and how to mend it, never with its value (it may be a secret).
 */
import type { z } from 'zod'
import { TrickleError } from '../errors/index.ts'
import { emptyIsAbsent, settingsSchema, type Settings } from './schema.ts'

export { settingsSchema, type Settings } from './schema.ts'
export { applicationsSchema, issuersSchema, mistakeOfIssuers } from './issuers.ts'

/**
 * Checks an environment.
 * @throws TrickleError CONFIGURATION_INVALID naming every setting that is missing or wrong.
 */
export function parseSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const known = Object.keys(settingsSchema.shape)
  const given = Object.fromEntries(known.map((name) => [name, emptyIsAbsent(environment[name])]))
  const parsed = settingsSchema.safeParse(given)
  if (parsed.success) return Object.freeze(parsed.data)
  const lines = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${describeIssue(issue)}`)
  throw new TrickleError(
    'CONFIGURATION_INVALID',
    `Set these app settings and start again. ${lines.join('; ')}`,
  )
}

function describeIssue(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_type' && issue.message.includes('undefined') ? 'is missing' : issue.message
}

let settings: Settings | undefined

/** The settings of this process, checked at the first call. */
export function currentSettings(): Settings {
  settings ??= parseSettings(process.env)
  return settings
}
