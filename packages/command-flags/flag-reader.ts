import { UsageError } from './usage-error.ts'

/** Reads the values of flags. Each method throws a UsageError that says what is wrong and gives the usage. */
export class FlagReader {
  readonly #usage: string

  constructor(usage: string) {
    this.#usage = usage
  }

  wrong(what: string): UsageError {
    return new UsageError(`${what}\n\n${this.#usage}`)
  }

  /** A whole number from `min` to `max`; `fallback` when the flag was not given. */
  count(flag: string, text: string | undefined, fallback: number, min: number, max: number): number {
    if (text === undefined) return fallback
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= min && value <= max) return value
    throw this.wrong(`${flag} takes a whole number from ${min} to ${max}, not "${text}".`)
  }

  /** Whole numbers from 1 to `max`, with commas between them. */
  counts(flag: string, text: string | undefined, fallback: readonly number[], max: number): number[] {
    return text === undefined
      ? [...fallback]
      : text.split(',').map((part) => this.count(flag, part, 0, 1, max))
  }

  /** Some of `known`, with commas between them; all of them when the flag was not given. */
  choices<Name extends string>(flag: string, text: string | undefined, known: readonly Name[]): Name[] {
    if (text === undefined) return [...known]
    return text.split(',').map((name) => {
      const match = known.find((candidate) => candidate === name)
      if (match === undefined) throw this.wrong(`${flag} takes ${known.join(',')}, not "${name}".`)
      return match
    })
  }

  /** The parts that were named, in their own order; all of them when none was. */
  parts<Name extends string>(names: readonly string[], known: readonly Name[]): Name[] {
    const unknown = names.find((name) => !known.some((candidate) => candidate === name))
    if (unknown !== undefined) throw this.wrong(`There is no section "${unknown}".`)
    return names.length === 0 ? [...known] : known.filter((name) => names.includes(name))
  }

  /** Runs node's own parser. Its errors become usage errors. */
  parse<Parsed>(parser: () => Parsed): Parsed {
    try {
      return parser()
    } catch (error) {
      throw this.wrong(error instanceof Error ? error.message : String(error))
    }
  }
}
