import { HookFailure } from './failure.ts'

/** The variables that azd gives a hook: its environment's values and the outputs of the template. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A variable's value; one that is set to the empty string counts as absent, as in azd's own files. */
export function valueOf(environment: Environment, name: string): string | undefined {
  const value = environment[name]?.trim()
  return value === undefined || value === '' ? undefined : value
}

/**
 * A value that only a finished provision has.
 * @throws HookFailure OUTPUT_MISSING
 */
export function outputOf(environment: Environment, name: string): string {
  const value = valueOf(environment, name)
  if (value !== undefined) return value
  throw new HookFailure({
    code: 'OUTPUT_MISSING',
    what: `The output ${name} of the template is not there.`,
    where: `azd environment ${environment['AZURE_ENV_NAME'] ?? '(none chosen)'}`,
    mend: 'Run: azd provision   (or azd env refresh, which reads the outputs of the last deployment)',
  })
}
