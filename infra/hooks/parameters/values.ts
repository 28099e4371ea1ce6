import type { z } from 'zod'
import { valueOf } from '../frame/environment.ts'
import type { Environment } from '../frame/environment.ts'
import { HookFailure } from '../frame/failure.ts'

/** Reads variables one by one and keeps what is wrong with them, so that all of it is reported at once. */
export class ValueReader {
  readonly #environment: Environment
  readonly failures: HookFailure[] = []

  constructor(environment: Environment) {
    this.#environment = environment
  }

  get(name: string): string | undefined {
    return valueOf(this.#environment, name)
  }

  oneOf<const T extends string>(name: string, allowed: readonly T[], absent: T): T {
    const given = this.get(name)
    if (given === undefined) return absent
    const found = allowed.find((value) => value === given)
    if (found !== undefined) return found
    this.invalid(
      name,
      `${name} is "${given}", which is none of ${allowed.join(', ')}.`,
      `azd env set ${name} ${absent}`,
    )
    return absent
  }

  flag(name: string): boolean {
    return this.oneOf(name, ['true', 'false'], 'false') === 'true'
  }

  /** A whole number from 0 on. */
  whole(name: string): number {
    const given = this.get(name)
    if (given === undefined) return 0
    if (/^\d{1,3}$/.test(given)) return Number(given)
    this.invalid(name, `${name} is "${given}", which is no whole number.`, `azd env set ${name} 0`)
    return 0
  }

  required(name: string, meaning: string, example: string): string | undefined {
    const given = this.get(name)
    if (given === undefined) {
      this.failures.push(
        new HookFailure({
          code: 'PARAMETER_MISSING',
          what: `${name} is missing: ${meaning}`,
          where: 'the azd environment (azd env get-values)',
          mend: `azd env set ${name} ${example}`,
        }),
      )
    }
    return given
  }

  /** JSON text; bicep takes arrays in no other form. */
  json<T>(name: string, schema: z.ZodType<T>, absent: T, example: string): T {
    const given = this.get(name)
    if (given === undefined) return absent
    const mend = `azd env set ${name} '${example}'`
    let content: unknown
    try {
      content = JSON.parse(given)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      this.invalid(
        name,
        `${name} is not JSON: ${why}.`,
        `${mend}   (in quotes, or the shell takes them away)`,
      )
      return absent
    }
    const parsed = schema.safeParse(content)
    if (parsed.success) return parsed.data
    const issues = parsed.error.issues.map((issue) => `${pathText(issue.path)}${issue.message}`)
    this.invalid(name, `${name} has another form than it should: ${issues.join('; ')}.`, mend)
    return absent
  }

  invalid(name: string, what: string, mend: string): void {
    this.failures.push(new HookFailure({ code: 'PARAMETER_INVALID', what, where: name, mend }))
  }

  contradiction(where: string, what: string, mend: string): void {
    this.failures.push(new HookFailure({ code: 'PARAMETERS_CONTRADICT', what, where, mend }))
  }
}

/** `[1].name ` for the name of the second entry. */
const pathText = (path: readonly PropertyKey[]): string =>
  path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('') +
  (path.length === 0 ? '' : ' ')
